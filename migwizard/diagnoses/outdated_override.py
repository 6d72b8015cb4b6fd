"""A package has new migrations that the project's override of it does not know.

## What it finds
Apps for which MIGRATION_MODULES names another package than their own, and of which the installed version has migrations
that this package neither has nor replaces; and, where the override says what it was made from, files that have changed
since.

## Why it matters
The models of the app are those of the installed version. Where the tables lack what they want, queries fail; and
migrations of other apps may depend on one that is not there. Django itself says nothing: it sees the override alone.

## Example
An override was made from django-oauth-toolkit 3.0, and 3.4 adds `0018_resource_indicators`: every query for a token
asks for a column `resource` that no migration of the project makes.

## How it is repaired
`update-override` brings the new ones in, as further migrations of the override; `migrate` applies them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.finding import Finding, Offer, Severity
from ..core.situation import Situation
from ..core.sources.override import Override, digests
from .base import Info, about, capital, finding_id, listed, offers, plural

INFO = Info(
    "outdated-override", "error", "A package has migrations that its override lacks", ("update-override",)
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each override that does not know what the installed package has."""
    return tuple(_finding(situation, one) for one in situation.overrides if one.new or one.changed)


def _finding(situation: Situation, override: Override) -> Finding:
    said = []
    if override.new:
        said.append(f"lacks {plural(len(override.new), 'migration')} ({listed(override.new)})")
    if override.changed:
        said.append(f"was made from other versions of {listed(override.changed)}")
    offer = Offer("update-override", f"Bring the override of {override.app} up to date", "careful")
    return Finding(
        finding_id(INFO, override.app),
        INFO.name,
        _severity(situation, override),
        about(situation, (override.app, "")),
        f"{override.module}, which has the migrations of {override.app}, {' and '.join(said)} of"
        f" {override.distribution} {override.version}.",
        evidence=tuple(_evidence(situation, override)),
        repairs=offers(offer) if override.own and not situation.project.errors else (),
    )


def _severity(situation: Situation, override: Override) -> Severity:
    """Return how grave it is: an error where something is missing already because of it."""
    wanted = {(override.app, name) for name in override.new}
    missing = any(parent in wanted for _, parent in situation.graph.missing)
    behind = any(change.app == override.app for change in situation.model_changes)
    return "error" if override.new and (missing or behind) else "warning"


def _evidence(situation: Situation, override: Override) -> Iterator[str]:
    originals = {one.name: one for one in override.originals}
    for name in override.new:
        yield f"{name}: {listed([_lower(one) for one in originals[name].descriptions], 4) or 'does nothing'}"
    made_from = digests(file for file in situation.graph.files.values() if file.app == override.app)
    for name in override.changed:
        yield f"{name} is {originals[name].digest[:12]} now, and was {made_from[name][:12]}"
    for node, parent in situation.graph.missing:
        if parent[0] == override.app and parent[1] in override.new:
            yield f"{'.'.join(node)} depends on {parent[1]}"
    if any(change.app == override.app for change in situation.model_changes):
        yield capital(f"the models of {override.app} are ahead of its migrations")


def _lower(text: str) -> str:
    """Return a description that can stand inside a sentence."""
    return text[:1].lower() + text[1:]
