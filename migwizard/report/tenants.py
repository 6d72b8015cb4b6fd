"""All schemas of a project with django-tenants, in groups, as text and as JSON; and what was found in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..core.finding import Finding
from ..core.situation import Situation
from ..core.tenants import AppLevel, Group, Overview
from ..core.tenants.across import Across, concerns
from ..core.tenants.words import headline, summary
from . import json, text
from .safe import visible
from .words import counts, place

SHOWN = 3
"""Of so many schemas of a group the names are told."""


def overview_text(situation: Situation, found: Overview, findings: Sequence[Finding] = ()) -> str:
    """Return the table of groups and apps, outliers first."""
    del findings
    tenants = len(found.of("tenant"))
    noun = "tenant" if tenants == 1 else "tenants"
    lines = [visible(place(situation.database)), f"{tenants:,} {noun}: {visible(summary(found))}"]
    if found.why_not:
        lines.append(visible(found.why_not))
    apps = telling_apps(found)
    table: list[tuple[str, ...]] = [("schemas", "", *apps, "")]
    table += [_row(found, group, apps) for group in found.groups]
    lines += ["", *text.aligned(table)]
    if len(apps) < len(found.apps):
        lines += ["", f"{'All other' if apps else 'All'} apps are at head in all schemas."]
    return "\n".join(lines)


def telling_apps(found: Overview) -> tuple[str, ...]:
    """Return the apps that some schemas with their tables are not at head of."""
    groups = [group for group in found.groups if group.role != "ownerless"]
    behind = {level.app for group in groups for level in group.behind}
    return tuple(app for app in found.apps if app in behind)


def _row(found: Overview, group: Group, apps: Sequence[str]) -> tuple[str, ...]:
    cells = [cell(found, group, app) for app in apps]
    return (f"{len(group.schemas):,}", visible(names(group)), *cells, visible(headline(group)))


def cell(found: Overview, group: Group, app: str) -> str:
    """Return how far an app is: `head`, the number of its last migration, or nothing where it has no tables."""
    kind = found.settings.set_of(group.kind)
    if kind is not None and app not in kind.labels:
        return ""
    if group.holding.applied is None or group.role == "ownerless":
        return ""
    level = next((one for one in group.levels if one.app == app), None)
    if level is None or level.state == "head":
        return "head"
    if level.state == "none":
        return "-"
    return visible(level.at.partition("_")[0]) + ("!" if level.state == "gap" else "")


def names(group: Group) -> str:
    """Return the first names of a group's schemas."""
    more = len(group.schemas) - SHOWN
    shown = ", ".join(group.schemas[:SHOWN])
    return f"{shown} and {more:,} more" if more > 0 else shown


def overview_json(situation: Situation, found: Overview, findings: Sequence[Finding] = ()) -> str:
    """Return the document of `tenants`."""
    return json.written(
        {
            "version": json.VERSION,
            "database": json.database(situation),
            "tenants": len(found.of("tenant")),
            "public": found.settings.public_schema,
            "why_not": found.why_not or None,
            "groups": [_group(group, findings) for group in found.groups],
        }
    )


def _group(group: Group, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "schemas": list(group.schemas),
        "count": len(group.schemas),
        "kind": group.kind,
        "role": group.role,
        "exists": group.exists,
        "creating": group.creating or None,
        "headline": headline(group),
        "unreadable": group.holding.unreadable or None,
        "behind": [_level(level) for level in group.behind],
        "ghosts": [list(key) for key in group.ghosts],
        "lacks": list(group.lacks),
        "differs": list(group.differs),
        "besides": list(group.besides),
        "findings": [json.finding_document(one) for one in findings if concerns(one, group)],
    }


def _level(level: AppLevel) -> dict[str, Any]:
    found = asdict(level)
    return {name: found[name] for name in ("app", "state", "at")} | {
        "pending": [name for _, name in level.pending]
    }


def across_text(found: Across) -> str:
    """Return every finding of all schemas, each once, with the schemas that it holds for."""
    lines = [visible(place(found.situation.database))]
    groups = len(found.seen)
    lines += [
        f"{len(found.overview.of('tenant')):,} tenants: {visible(summary(found.overview))}",
        f"{groups:,} {'schema was' if groups == 1 else 'schemas were'} read for all that hold the same.",
    ]
    lines += [f"Not read: {visible(names(group))}: {visible(why)}" for group, why in found.unread]
    for one in found.findings:
        lines += ["", *text.finding_lines(one.finding)]
        more = len(one.schemas) - SHOWN
        shown = ", ".join(one.schemas[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
        if one.unknown:
            shown += f"; not counted in {one.unknown:,} more of the same tables"
        lines.append(f"{' ' * (text.WIDTH + 1)}  in {visible(shown)}")
    return "\n".join([*lines, "", counts([one.finding for one in found.findings])])


def across_json(found: Across) -> str:
    """Return the document of `check --all-schemas`: that of `check`, each finding with its schemas."""
    return json.written(
        {
            "version": json.VERSION,
            "project": {"root": found.situation.project.root, "settings": found.situation.project.settings},
            "database": json.database(found.situation),
            "tenants": len(found.overview.of("tenant")),
            "groups": len(found.seen),
            "unread": [{"schemas": list(group.schemas), "why": why} for group, why in found.unread],
            "findings": [
                json.finding_document(one.finding)
                | {"schemas": list(one.schemas), "count": len(one.schemas), "unknown": one.unknown}
                for one in found.findings
            ],
        }
    )
