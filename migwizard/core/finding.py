"""What a diagnosis found in this very database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
Safety = Literal["safe", "careful", "destructive"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
SAFETIES: tuple[Safety, ...] = ("safe", "careful", "destructive")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about; the parts that do not apply are None."""

    app: str | None = None
    migration: str | None = None
    table: str | None = None
    column: str | None = None
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A repair that is possible for a finding, as it is offered to the user."""

    name: str
    title: str
    safety: Safety
    recommended: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement between file, record and schema (or inside one of them)."""

    id: str
    """`name:subject`, stable between runs as long as the finding is the same one."""
    name: str
    severity: Severity
    subject: Subject
    summary: str
    """One sentence about this database."""
    confirmed: bool = True
    """False when an opaque operation might explain it; then it is an info, and no repair acts on it."""
    evidence: tuple[str, ...] = ()
    repairs: tuple[Offer, ...] = ()
