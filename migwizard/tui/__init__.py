"""The screens. They hold no knowledge of migrations, and importing them loads no Django."""

from .app import run

__all__ = ["run"]
