"""Diagnoses: each looks for one kind of trouble in a situation, and explains it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType

from ..core.finding import SEVERITIES, Finding, Subject
from ..core.situation import Situation
from . import (
    applied_not_recorded,
    broken_statement,
    cascade_cycle,
    circular_dependency,
    conflicting_leaves,
    dependent_objects,
    duplicate_records,
    foreign_key_type_mismatch,
    half_applied,
    history_elsewhere,
    identity_change,
    implicit_default,
    inconsistent_history,
    key_too_long,
    lost_index,
    missing_default_schema,
    missing_dependency,
    missing_file,
    missing_identity,
    model_changes,
    no_create_permission,
    outdated_override,
    overlong_values,
    partial_squash,
    pending_migrations,
    project_unreadable,
    recorded_not_applied,
    refused_operation,
    renamed_migration,
    schema_drift,
    schema_without_tenant,
    tenant_app_split,
    tenant_schema_missing,
    tenants_behind,
    uncastable_values,
    undiscovered_migrations,
    unfinished_repair,
    unfinished_squash,
    unindexable_column,
    unique_null_mismatch,
    unknown_tables,
    unreadable_migration,
)
from .base import AVAILABLE, Info

DIAGNOSES: tuple[ModuleType, ...] = (
    unfinished_repair,
    missing_default_schema,
    no_create_permission,
    history_elsewhere,
    project_unreadable,
    undiscovered_migrations,
    tenant_app_split,
    tenant_schema_missing,
    unreadable_migration,
    outdated_override,
    missing_dependency,
    circular_dependency,
    partial_squash,
    conflicting_leaves,
    inconsistent_history,
    renamed_migration,
    tenants_behind,
    recorded_not_applied,
    half_applied,
    applied_not_recorded,
    schema_drift,
    missing_file,
    duplicate_records,
    model_changes,
    unfinished_squash,
    refused_operation,
    identity_change,
    missing_identity,
    unindexable_column,
    key_too_long,
    unique_null_mismatch,
    dependent_objects,
    lost_index,
    cascade_cycle,
    foreign_key_type_mismatch,
    implicit_default,
    broken_statement,
    uncastable_values,
    overlong_values,
    pending_migrations,
    unknown_tables,
    schema_without_tenant,
)
"""In the order in which they are shown: what was interrupted, what keeps Django from making or finding its history, and
from building the graph, then history, then schema."""

OF_TENANTS = (tenant_app_split, tenant_schema_missing, tenants_behind, schema_without_tenant)
"""Those that hang on settings, files, and the overview of all tenants."""

WITHOUT_SCHEMA = (
    project_unreadable,
    tenant_app_split,
    tenant_schema_missing,
    unreadable_migration,
    missing_dependency,
    circular_dependency,
)
"""Those that are worth making where the schema itself is not there."""


def diagnose(
    situation: Situation, diagnoses: Iterable[ModuleType] = DIAGNOSES, *, strict: bool = False
) -> tuple[Finding, ...]:
    """Return everything that is found: errors first, then warnings, then infos, each in the order of the diagnoses.

    A diagnosis that fails does not hide what the others find: it becomes an info under its own name. With `strict` its
    exception is raised, as tests want it.
    """
    found: list[Finding] = []
    for diagnosis in diagnoses:
        try:
            found += diagnosis.find(situation)
        except Exception as error:
            if strict:
                raise
            found.append(_failed(diagnosis.INFO, error))
    return tuple(sorted(_unique(found), key=lambda finding: SEVERITIES.index(finding.severity)))


def _failed(info: Info, error: Exception) -> Finding:
    """Return the finding that stands for a diagnosis that could not be made."""
    return Finding(
        f"{info.name}:failed",
        info.name,
        "info",
        Subject(),
        f"{info.name} could not be looked for, because of a fault in migwizard ({type(error).__name__}).",
        confirmed=False,
        evidence=(f"{type(error).__name__}: {error}",),
    )


def _unique(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Return findings with different ids: hostile names may make two subjects read alike."""
    taken: set[str] = set()
    for finding in findings:
        number, name = 1, finding.id
        while name in taken:
            number += 1
            name = f"{finding.id}:{number}"
        taken.add(name)
        yield finding if name == finding.id else replace(finding, id=name)


def explanation(name: str) -> str:
    """Return what a diagnosis finds, why it matters, an example and how it is repaired, as text with headings.

    Headings begin with `## `; every paragraph is one line, to be wrapped by whoever shows it.

    Raises:
        KeyError: when there is no diagnosis of that name.
    """
    for diagnosis in DIAGNOSES:
        if diagnosis.INFO.name == name:
            return unwrapped(inspect.cleandoc(diagnosis.__doc__ or ""))
    raise KeyError(name)


def unwrapped(text: str) -> str:
    """Return a text with each paragraph on one line; headings keep theirs."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and line and lines[-1] and not lines[-1].startswith("#"):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return "\n".join(lines)


__all__ = ["AVAILABLE", "DIAGNOSES", "OF_TENANTS", "WITHOUT_SCHEMA", "Info", "diagnose", "explanation"]
