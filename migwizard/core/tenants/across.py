"""What was found in all schemas of a project: each group's findings, each of them once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..finding import SEVERITIES, Finding
from ..situation import Situation
from . import Group, Overview

OF_OVERVIEW = ("tenant-schema-missing", "schema-without-tenant", "tenants-behind")
"""Names of the findings about other schemas than the one that was read."""

OF_ONE_SCHEMA = ("overlong-values", "uncastable-values", "unfinished-repair")
"""Names of the findings that hang on rows, or on what was done; schemas with equal tables may differ in those."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One group of schemas, with the situation of the one that was read for all, and what was found in it."""

    group: Group
    situation: Situation
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """One finding, and the schemas that it holds for."""

    finding: Finding
    schemas: tuple[str, ...]
    unknown: int = 0
    """In so many more schemas it may be so too, but only their own rows tell."""


@dataclass(frozen=True, slots=True)
class Across:
    """All schemas of a project, read group by group."""

    overview: Overview
    situation: Situation
    """Of the public schema, without its tables: which project and database it is."""
    seen: tuple[Seen, ...]
    """Public first; groups without a schema or without a tenant are not among them."""
    unread: tuple[tuple[Group, str], ...] = ()
    """Groups that could not be read, and why."""

    @property
    def findings(self) -> tuple[Spread, ...]:
        """Every finding once, the gravest first."""
        return spread(self.seen, self.overview)


def spread(seen: Iterable[Seen], overview: Overview) -> tuple[Spread, ...]:
    """Return every finding once with the schemas of all groups that it was found in, in the order of the groups.

    What was found with public about other schemas holds for those.
    """
    schemas: dict[tuple[object, ...], list[str]] = {}
    unknown: dict[tuple[object, ...], int] = {}
    first: dict[tuple[object, ...], Finding] = {}
    for one in seen:
        for finding in one.findings:
            place = (finding.id, finding.severity, finding.summary)
            first.setdefault(place, finding)
            about = [group for group in overview.groups if concerns(finding, group)] or [one.group]
            names = [name for group in about for name in group.schemas]
            if finding.name in OF_OVERVIEW and finding.subject.schema in names:
                # Told of this one by name; its likes have findings of their own.
                names = [finding.subject.schema]
            if finding.name in OF_ONE_SCHEMA:
                unknown[place] = unknown.get(place, 0) + len(names) - 1
                names = [one.group.representative]
            schemas.setdefault(place, []).extend(names)
    found = [Spread(finding, tuple(schemas[at]), unknown.get(at, 0)) for at, finding in first.items()]
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.finding.severity)))


def concerns(finding: Finding, group: Group) -> bool:
    """Tell whether a finding of the overview is about a group."""
    if finding.name not in OF_OVERVIEW:
        return False
    subject = finding.subject
    if subject.schema is not None:
        return subject.schema in group.schemas
    if finding.name == "schema-without-tenant":
        return group.role == "ownerless"
    if finding.name == "tenant-schema-missing":
        return group.role == "tenant" and not group.exists and not group.creating
    if subject.migration is not None:
        return group.role == "tenant" and group.pending[:1] == ((subject.app, subject.migration),)
    bare = group.exists and group.holding.applied is None
    return group.role == "tenant" and bare and bool(group.holding.unreadable) == (subject.table is None)
