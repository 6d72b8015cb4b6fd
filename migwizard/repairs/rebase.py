"""Put one branch of an app on top of the other, with new numbers.

## What it does
Moves the branch that MIGRATION belongs to behind the app's other last migration: its files get the next numbers, the
first of them depends on that other migration instead of the fork, and every file of the project that names a moved
migration names it anew; nothing else in those files changes, neither formatting nor comments. Where moved migrations
are recorded here, their rows get the new names and keep their timestamps. The `max_migration.txt` of
django-linear-migrations is kept true.

## What it refuses
Installed packages, squashed migrations, a recorded branch on top of one that is not recorded (then it is the other one
that has to move), and a branch that fails after the other.
"""

from __future__ import annotations

from ..core.graph import Key
from ..core.graph.branches import opaque
from ..core.plan import Plan, Step
from ..core.situation import Situation
from ..core.sources.joining import Unjoinable, described
from ..core.sources.moving import Move, choose, move
from .base import Impossible, Info, Request, WrongArguments, action, dotted, find_migration, finding_id, text
from .files import file_step, last_name_step

INFO = Info("rebase", "Put one branch of an app on top of the other", "APP MIGRATION", "careful")
COMMAND = "none: Django has no command that rebases a migration"


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when the branch cannot be moved.
    """
    try:
        made = wanted(situation, request)
    except Unjoinable as error:
        raise Impossible(str(error)) from error
    first, *others = made.names
    many = f" and {len(others)} more" if others else ""
    return Plan(
        INFO.name,
        f"Put {dotted(first)}{many} behind {dotted(made.target)}",
        INFO.safety,
        (*file_steps(situation, made), *record_steps(situation, made)),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        risks=risks(situation, made),
    )


def wanted(situation: Situation, request: Request) -> Move:
    """Return the move that is asked for; for a finding, of the branch that is not recorded here."""
    if request.finding is not None:
        return choose(situation, request.finding.subject.app or "")
    if len(request.arguments) != 2:
        raise WrongArguments("Name an app and a migration of the branch to move: rebase APP MIGRATION.")
    app, name = request.arguments
    return move(situation, find_migration(situation, app, name))


def file_steps(situation: Situation, made: Move) -> tuple[Step, ...]:
    """Return the files that are written, changed and deleted, in this order."""
    graph = situation.graph
    paths = {graph.files[old].path: (old, new) for old, new in made.names.items()}
    steps = []
    for path, (former, content) in made.changed.items():
        if content is None:
            old, new = paths[path]
            why = f"{dotted(old)} is called {new[1]} now."
        elif path in paths and paths[path][0] == paths[path][1]:
            why = f"{dotted(paths[path][0])} comes after {dotted(made.target)} now."
        elif former is None or path in paths:
            why = f"The moved migrations come after {dotted(made.target)}, with the next numbers."
        else:
            why = "It names a moved migration, and follows it."
        steps.append(file_step(path, former, content, why, COMMAND))
    steps.sort(key=lambda step: (step.content is None, step.former is not None))
    last = made.names[made.branches[0].leaf]
    return (*steps, *last_name_step(situation, last[0], last[1], COMMAND))


def record_steps(situation: Situation, made: Move) -> tuple[Step, ...]:
    """Return the renames of rows, the last one first, so that no two rows ever have the same name."""
    return tuple(
        rename_step(old, new) for old, new in reversed(made.renames.items()) if old in situation.recorded
    )


def rename_step(old: Key, new: Key) -> Step:
    """Return the step that gives the record of a moved migration its new name."""
    return Step(
        "record",
        f"{dotted(old)} is applied here, and its file is called {new[1]} now; the row keeps its timestamp.",
        sql=(
            f"UPDATE django_migrations SET name = {text(new[1])}"
            f" WHERE app = {text(old[0])} AND name = {text(old[1])}",
        ),
        migration=old,
        record="rename",
        new_name=new[1],
        undo=f"UPDATE django_migrations SET name = {text(old[1])} WHERE app = {text(old[0])} AND name = {text(new[1])}",
        command="none: Django has no command that renames a record",
    )


def risks(situation: Situation, made: Move) -> tuple[str, ...]:
    """Return what other databases need, what both branches deal with, and what names them elsewhere."""
    return (
        *elsewhere(situation, made),
        *(f"{described(overlap)}; the one that is moved wins." for overlap in made.met),
        *(
            f"{dotted(key)} ({operation.description}) comes after {dotted(made.target)} now; read it."
            for key, operation in opaque(situation.graph, made.branches[:1])
        ),
        *(
            f"{file} has the name {name} in a text (an import?), which is not changed: change it by hand."
            for file, name in made.mentions
        ),
    )


def elsewhere(situation: Situation, made: Move) -> tuple[str, ...]:
    """Return what has to be done to other databases in which moved migrations are applied under their former names."""
    if not made.renames:
        return ()
    commands = "; ".join(
        f"migwizard repair rename-record {old[0]} {old[1]} {new[1]}"
        for old, new in reversed(made.renames.items())
    )
    if set(made.renames) & situation.recorded:
        return (
            f"The moved branch is applied here; every other database that has it needs, too: {commands}.",
        )
    return (f"A database that has the moved branch applied (none is known here) needs: {commands}.",)
