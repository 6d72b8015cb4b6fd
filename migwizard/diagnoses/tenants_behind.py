"""Some tenants are not migrated as far as others.

## What it finds
Tenants whose records lack migrations of apps that have tables there, and tenants without a django_migrations, while
the public schema or other tenants have them. Those that are equally far behind are one finding. Where no schema has
them yet, they are merely pending: an info.

## Why it matters
`migrate_schemas` migrates one schema after the other, and ends with the first that fails: all after it stay as they
were, without a word. `showmigrations` looks at the public schema alone, and shows everything applied. The application
then fails for some customers and not for others.

## Example
`migrate_schemas` stopped at tenant 8 of 50, where a table was in the way. 42 tenants lack users.0005, and nothing says
which.

## How it is repaired
`migwizard repair migrate --all-schemas` runs what each of them lacks, once what stopped it is out of the way: what else
is found in them says what that is. `repair --all --all-schemas --allow careful` does both.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.finding import Finding, Severity, Subject
from ..core.graph import Key
from ..core.situation import Situation
from ..core.tenants import Group, Overview
from .base import EVERYTHING, Info, by_app, dotted, finding_id, listed, plural

INFO = Info("tenants-behind", "error", "Some tenants are not migrated as far as others")
SHOWN = 5


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each set of migrations that some tenants lack, and one for those that cannot be read."""
    overview = situation.overview
    if overview is None:
        return ()
    found = [behind(overview, kind, pending, groups) for (kind, pending), groups in lacking(overview).items()]
    bare = [group for group in tenants(overview) if group.holding.applied is None and readable(group)]
    torn = [group for group in tenants(overview) if not readable(group)]
    return (*found, *without_history(bare), *unreadable(torn))


def tenants(overview: Overview) -> list[Group]:
    """Return the groups of tenants whose schemas are there."""
    return [group for group in overview.groups if group.role == "tenant" and group.exists]


def readable(group: Group) -> bool:
    """Tell whether what a group holds could be read."""
    return not group.holding.unreadable


def lacking(overview: Overview) -> dict[tuple[str, tuple[Key, ...]], list[Group]]:
    """Return the groups that are behind, by their kind and by what they lack."""
    found: dict[tuple[str, tuple[Key, ...]], list[Group]] = {}
    for group in tenants(overview):
        if group.pending and readable(group):
            found.setdefault((group.kind, group.pending), []).append(group)
    return found


def behind(overview: Overview, kind: str, pending: tuple[Key, ...], groups: list[Group]) -> Finding:
    """Return the finding of the tenants that lack the same migrations."""
    ahead = [
        other
        for other in overview.groups
        if other.exists and other.holding.applied is not None and not pending_of(other).issuperset(pending)
    ]
    severity: Severity = INFO.severity if ahead else "info"
    names = schemas(groups)
    first = pending[0]
    of_type = f" of the type {kind}" if overview.settings.type_field else ""
    who = f"The tenant {names[0]}{of_type}" if len(names) == 1 else f"{len(names)} tenants{of_type}"
    verb, they = ("is", "it lacks") if len(names) == 1 else ("are", "they lack")
    lacks = listed([dotted(key) for key in pending], 2)
    return Finding(
        finding_id(INFO, f"{kind}:{dotted(first)}" if of_type else dotted(first)),
        INFO.name,
        severity,
        Subject(first[0], first[1], schema=names[0] if len(names) == 1 else None),
        f"{who} {verb} behind: {they} {lacks}.",
        evidence=tuple(evidence(overview, groups, names, pending, ahead)),
    )


def pending_of(group: Group) -> frozenset[Key]:
    """Return everything that a group does not record, of whatever app."""
    return frozenset(key for level in group.levels for key in level.pending)


def evidence(
    overview: Overview, groups: list[Group], names: list[str], pending: tuple[Key, ...], ahead: list[Group]
) -> Iterator[str]:
    """Yield who is behind, what waits, and who has it."""
    yield f"{plural(len(names), 'schema')}: {listed(names, SHOWN)}"
    yield from by_app(pending)
    public = [group for group in ahead if group.role == "public"]
    others = schemas([group for group in ahead if group.role == "tenant" and group.kind == groups[0].kind])
    if public:
        yield f"{overview.settings.public_schema} records more, so showmigrations shows more as applied"
    if others:
        yield f"{plural(len(others), 'tenant')} {'is' if len(others) == 1 else 'are'} further: {listed(others, SHOWN)}"
    gaps = [dotted(level.pending[0]) for level in groups[0].behind if level.state == "gap"]
    if gaps:
        yield f"{listed(gaps)} is not recorded, but a later migration of the app is"
    for group in groups:
        if group.creating:
            yield f"{listed(list(group.schemas), SHOWN)}: {group.creating}"


def schemas(groups: list[Group]) -> list[str]:
    """Return the schemas of some groups, sorted."""
    return sorted(name for group in groups for name in group.schemas)


def without_history(groups: list[Group]) -> Iterator[Finding]:
    """Yield the finding of the tenants that record nothing at all."""
    names = schemas([group for group in groups if not group.creating])
    if not names:
        return
    who = f"The tenant {names[0]} has" if len(names) == 1 else f"{len(names)} tenants have"
    yield Finding(
        finding_id(INFO, "no-history"),
        INFO.name,
        INFO.severity,
        Subject(table="django_migrations", schema=names[0] if len(names) == 1 else None),
        f"{who} a schema without django_migrations, so nothing says how far it is migrated.",
        evidence=(
            f"{plural(len(names), 'schema')}: {listed(names, SHOWN)}",
            "migrate_schemas takes it for empty, and begins with the first migration",
        ),
    )


def unreadable(groups: list[Group]) -> Iterator[Finding]:
    """Yield the finding of the tenants of which nothing is known."""
    names = schemas(groups)
    if names:
        yield Finding(
            finding_id(INFO, EVERYTHING),
            INFO.name,
            "warning",
            Subject(schema=names[0] if len(names) == 1 else None),
            f"The history of {plural(len(names), 'tenant')} could not be read.",
            evidence=tuple(
                f"{listed(list(group.schemas), SHOWN)}: {group.holding.unreadable}"
                for group in groups[:SHOWN]
            ),
        )
