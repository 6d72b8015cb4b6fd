"""Django does not look at migrations that are there, or looks for them where there are none.

## What it finds
A MIGRATION_MODULES that names a package which does not exist or cannot be imported, a folder of migrations without
`__init__.py`, a `migrations.py` in place of a package, and, as an info, migrations that MIGRATION_MODULES turns off.

## Why it matters
An app whose migrations are not seen is taken for one without migrations: `migrate` makes its tables from the models of
today, or not at all, and says `App 'x' does not have migrations`. A package that MIGRATION_MODULES names and that is
not there ends every command with a ModuleNotFoundError.

## Example
`MIGRATION_MODULES = {"oauth2_provider": "config.overrides.oauth2"}`, and the folder was not committed.

## How it is repaired
By hand: add the `__init__.py`, or put the setting right. `squash-override` writes a package that replaces the
migrations of an installed app, and the setting with it.
"""

from __future__ import annotations

from ..core.finding import Finding, Severity
from ..core.graph.undiscovered import Undiscovered
from ..core.situation import Situation
from .base import Info, about, finding_id

INFO = Info("undiscovered-migrations", "error", "Django does not see migrations that are there")

SEVERITIES: dict[str, Severity] = {
    "missing": "error",
    "namespace": "warning",
    "module": "warning",
    "disabled": "info",
}


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each app of which migrations are not seen."""
    return tuple(_finding(situation, one) for one in situation.undiscovered)


def _finding(situation: Situation, one: Undiscovered) -> Finding:
    names = (f"not seen: {', '.join(one.names)}",) if one.names else ()
    return Finding(
        finding_id(INFO, one.app),
        INFO.name,
        SEVERITIES[one.reason],
        about(situation, (one.app, "")),
        one.message,
        evidence=names,
    )
