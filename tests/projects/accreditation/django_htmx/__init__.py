"""Stands for the package of that name, which has no models."""
