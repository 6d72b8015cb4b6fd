"""Delete the records of migrations that have no file any more.

## What it does
Deletes rows of django_migrations that no file stands for and that no squash replaces. Unlike `migrate --prune`, a
preview deletes nothing (`migrate APP --prune --plan` does), and it works while the history is inconsistent.

## What it refuses
Rows that look like an earlier name of a file that is there: deleting them would run the renamed file again.
"""

from __future__ import annotations

import re

from ..core.graph import Key
from ..core.plan import Plan
from ..core.situation import Situation
from ..core.sources.lost import new_name
from .base import Impossible, Info, NothingToDo, Request, action, check_app, dotted, finding_id, unrecord_step

INFO = Info("prune", "Delete records without a file", "[APP]", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan, for one record, one app or all.

    Raises:
        Impossible: when there is no such record, or one may be an earlier name of a file.
    """
    ghosts = [row.key for row in situation.migrations if row.state == "missing-file"]
    if request.finding is not None:
        subject = request.finding.subject
        ghosts = [key for key in ghosts if key[0] == subject.app and subject.migration in (None, key[1])]
    elif request.arguments:
        check_app(situation, request.arguments[0])
        ghosts = [key for key in ghosts if key[0] == request.arguments[0]]
    if not ghosts:
        raise NothingToDo("There is no record without a file.")
    for key in ghosts:
        twin = earlier_name(situation, key)
        if twin is not None:
            raise Impossible(
                f"{dotted(key)} may be an earlier name of {dotted(twin)}; pruning it would run that file again."
            )
    steps = tuple(
        unrecord_step(
            situation,
            key,
            f"No file {key[1]} is in app {key[0]}, and no squash replaces it.",
            command(situation, key[0]),
        )
        for key in ghosts
    )
    return Plan(
        INFO.name,
        f"Delete the record{'s' if len(ghosts) > 1 else ''} of {', '.join(dotted(key) for key in ghosts[:3])}",
        "careful",
        steps,
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        risks=(
            "If the file is only missing in this checkout, the migration will be run again once it is back.",
        ),
    )


def command(situation: Situation, app: str) -> str:
    """Return Django's command, which knows installed apps with migrations only."""
    if any(key[0] == app for key in situation.graph.files):
        return f"manage.py migrate {app} --prune"
    return f"none: `manage.py migrate {app} --prune` knows no app {app} with migrations"


def earlier_name(situation: Situation, ghost: Key) -> Key | None:
    """Return the first unrecorded file that a record may be an earlier name of, or None."""
    return next(iter(later_names(situation, ghost)), None)


def later_names(situation: Situation, ghost: Key) -> tuple[Key, ...]:
    """Return the unrecorded files that a record may be an earlier name of: the same number, or the same rest.

    Where a commit shows what the file was renamed to, that is the only one.
    """
    number, _, rest = ghost[1].partition("_")
    known = new_name(situation.graph, situation.lost_files, ghost)
    return tuple(
        key
        for key in situation.graph.nodes
        if known in (None, key)
        and key[0] == ghost[0]
        and key not in situation.graph.effective
        and (key == known or alike(number, rest, *key[1].partition("_")[::2]))
    )


def alike(number: str, rest: str, other_number: str, other_rest: str) -> bool:
    """Tell whether two names of migrations, taken apart at their first underscore, may be of one file."""
    return (number == other_number and re.fullmatch(r"\d+", number) is not None) or bool(
        rest and rest == other_rest
    )
