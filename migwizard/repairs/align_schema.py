"""Bring tables back to what the applied migrations made.

## What it does
Makes the smallest change that leads from a table as it is to the table as the applied migrations left it: a column, a
constraint or an index is added, dropped or changed in place, and every row is kept. For a finding only what it tells,
and what follows from it; for a table everything about it; without a table everything that is certain. The statements
are made from what the catalogue says of both tables, so they are right for what a RunSQL made as well. Afterwards the
tables are read again, and must be what was promised.

## What it asks
A value for rows that would have none in a column which must not be empty (`--set fill=VALUE`).

## What it leaves
What no migration knows of, such as a column or an index that somebody added by hand, unless the finding is about
that. A column is never taken for a renamed one.

## What it refuses
Rows that are in the way: duplicates under a unique constraint, rows that point to nothing, values that are too long. It
counts them and names some.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..core.drift.causes import numbered
from ..core.plan import Loss, Plan, Step
from ..core.schema import Table
from ..core.schema.aligning import aligned, differences, slot_of
from ..core.schema.filling import answered, fillable, fills
from ..core.situation import Drift, Situation
from ..core.truths.lineage import holds_the_same
from ..core.truths.objects import Slot
from .base import Impossible, Info, Request, Uncertain, WrongArguments, action, dotted, finding_id

INFO = Info("align-schema", "Bring tables back to what the migrations made", "[TABLE]", "careful")

MANY_ROWS = 10_000

Told = tuple[str, Drift, tuple[Drift, ...]]


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan, for a finding, one table or everything.

    Raises:
        Impossible: when nothing that is certain differs, or what should be there is not known.
    """
    if situation.live is None or situation.compared == "no":
        raise Impossible(f"The schema was not compared: {situation.why_not or 'nothing was read.'}")
    live = situation.live.tables
    chosen, expects = choose(situation, request)
    targets = {
        name: shape
        for name, shape in shapes(situation, chosen).items()
        if name not in live or not holds_the_same(live[name], shape)
    }
    if not targets:
        raise Impossible("Nothing is to be changed: the schema is as the applied migrations made it.")
    questions = fillable(live, targets.items())
    steps = tuple(steps_to(situation, targets, chosen, request.settings, questions))
    names = ", ".join(sorted(targets)[:3]) + (" …" if len(targets) > 3 else "")
    return Plan(
        INFO.name,
        f"Bring {names} back to what the migrations made",
        INFO.safety,
        steps,
        finding_id(request),
        action(INFO, request),
        expects=expects,
        fingerprint=situation.fingerprint,
        loses=tuple(losses(live, targets)),
        asks=answered(questions, request.settings),
        risks=tuple(risks(live, targets)),
        locks=tuple(locks(situation, targets)),
    )


def choose(situation: Situation, request: Request) -> tuple[tuple[Drift, ...], tuple[str, ...]]:
    """Return the differences to do away with, and the ids of the findings that will be gone."""
    if request.finding is not None and request.finding.name == "half-applied":
        return of_migration(situation, request), (request.finding.id,)
    told: tuple[Told, ...] = numbered(situation)
    if request.finding is not None:
        told = tuple(one for one in told if f"schema-drift:{one[0]}" == request.finding.id)
    else:
        told = tuple(one for one in told if one[1].confirmed and not is_ours_to_keep(one[1]))
        if request.arguments:
            check_table(situation, request.arguments[0])
            told = tuple(one for one in told if one[1].table == request.arguments[0])
    drifts = [drift for _, head, others in told for drift in (head, *others) if drift.confirmed]
    return tuple(dict.fromkeys(drifts)), tuple(f"schema-drift:{subject}" for subject, _, _ in told)


def is_ours_to_keep(drift: Drift) -> bool:
    """Tell whether a difference is something that no migration knows of."""
    return drift.kind.endswith("-unknown") or drift.kind == "index-invalid"


def check_table(situation: Situation, name: str) -> None:
    """Raise WrongArguments unless the table is there, or should be."""
    if name not in situation.expected and (situation.live is None or name not in situation.live.tables):
        raise WrongArguments(f"There is no table '{name}', and no migration makes one.")
    if name not in situation.expected:
        raise Impossible(f"What table {name} should be is not known: no applied migration makes it.")


def of_migration(situation: Situation, request: Request) -> tuple[Drift, ...]:
    """Return what the tables of a recorded migration lack, of which a part is in."""
    subject = request.finding.subject if request.finding is not None else None
    key = (subject.app or "", subject.migration or "") if subject is not None else ("", "")
    row = situation.truth(key)
    if row is None or not row.recorded:
        raise Impossible(f"{dotted(key)} is not recorded, so nothing of it is expected yet.")
    lacking = {name for one in row.operations if one.truth in ("no", "partly") for name in one.tables}
    opaque = {name for one in situation.lineages if one.opaque for name in one.names()}
    found: list[Drift] = []
    for name in sorted(lacking & situation.expected.keys()):
        if name in opaque:
            raise Uncertain(f"What {name} should be")
        table = situation.live.tables.get(name) if situation.live is not None else None
        if table is None:
            found.append(Drift("table-missing", name, None, "", f"table {name}", ""))
            continue
        drifts = differences(table, situation.expected[name]).values()
        replaced = {drift.name for drift in drifts if drift.kind.endswith("-missing")}
        found += [
            drift for drift in drifts if not is_ours_to_keep(drift) or (drift.name and drift.name in replaced)
        ]
    return tuple(found)


def shapes(situation: Situation, drifts: Iterable[Drift]) -> dict[str, Table]:
    """Return the shapes that tables must have for the differences to be gone."""
    live = situation.live.tables if situation.live is not None else {}
    slots: dict[str, set[Slot]] = {}
    found: dict[str, Table] = {}
    for drift in drifts:
        if drift.kind == "table-renamed":
            raise Impossible(
                f"{drift.expected} is called {drift.table} here; rename it, which keeps its rows."
            )
        expected, table = situation.expected.get(drift.table), live.get(drift.table)
        if expected is None:
            raise Impossible(f"What table {drift.table} should be is not known.")
        if table is None:
            found[drift.table] = expected
            continue
        slots.setdefault(drift.table, set()).add(slot_for(table, expected, drift))
    for name, chosen in slots.items():
        found[name] = aligned(live[name], situation.expected[name], chosen)
    there = live.keys() | found.keys()
    return {name: without_dangling(situation, table, there) for name, table in found.items()}


def slot_for(live: Table, expected: Table, drift: Drift) -> Slot:
    """Return the slot of a table that a difference is about.

    Raises:
        Impossible: when it cannot be told, or when the column is there under a former name.
    """
    slot = slot_of(differences(live, expected), drift)
    if drift.kind == "column-missing" and drift.live:
        raise Impossible(
            f"{drift.live} seems to be what {drift.expected or drift.column} was called before; rename it, which keeps"
            " its values."
        )
    if slot is None:
        raise Impossible(f"Which part of {drift.table} differs ({drift.kind}) cannot be told without doubt.")
    return slot


def without_dangling(situation: Situation, table: Table, there: Iterable[str]) -> Table:
    """Return a table without foreign keys to tables that are not there; those that it has stay."""
    names = frozenset(there)
    live = situation.live.tables.get(table.name) if situation.live is not None else None
    former = live.constraints if live is not None else ()
    kept = tuple(
        one
        for one in table.constraints
        if one.kind != "foreign"
        or one in former
        or one.references is None
        or one.references[0] in names
        or situation.beyond(one.references[0])
    )
    return replace(table, constraints=kept)


def steps_to(
    situation: Situation,
    targets: Mapping[str, Table],
    drifts: Iterable[Drift],
    settings: Mapping[str, str],
    questions: Mapping[str, tuple[str, str]],
) -> Iterator[Step]:
    """Yield one step a table, and one for the foreign keys that must wait for the other tables."""
    live = situation.live.tables if situation.live is not None else {}
    words = {name: [in_words(one) for one in drifts if one.table == name] for name in targets}
    given = fills(questions, settings)
    later: list[tuple[str, Table]] = []
    for name in sorted(targets, key=lambda name: (name in live, name)):
        target = targets[name]
        first = target if situation.database.vendor == "sqlite" else early(live.get(name), target, targets)
        if first != target:
            later.append((name, target))
            if name in live and holds_the_same(live[name], first):
                continue
        yield Step(
            "sql",
            f"Bring {name} back to what the applied migrations made: {'; '.join(words[name])}.",
            tables=((name, first),),
            fills=tuple(one for one in given if one[0] == name),
            undo=f"migwizard undo gives {name} its former shape back.",
            command="none: Django makes no change that no migration asks for",
        )
    if later:
        names = ", ".join(name for name, _ in later)
        yield Step(
            "sql",
            f"Add the foreign keys of {names}, now that the tables which they point to are there.",
            tables=tuple(later),
            undo="migwizard undo takes them away again.",
            command="none: Django makes no change that no migration asks for",
        )


def early(live: Table | None, target: Table, targets: Mapping[str, Table]) -> Table:
    """Return a table without the new foreign keys to others that are changed too."""
    former = live.constraints if live is not None else ()
    waiting = {name for name in targets if name != target.name}
    kept = tuple(
        one
        for one in target.constraints
        if one.kind != "foreign"
        or one in former
        or one.references is None
        or one.references[0] not in waiting
    )
    return replace(target, constraints=kept)


def in_words(drift: Drift) -> str:
    """Return what is wrong about a table, as a clause."""
    if not drift.live:
        return f"{drift.expected or drift.name} is missing"
    if not drift.expected:
        return f"{drift.live} is in no migration"
    if drift.column is not None and drift.kind.startswith("column-"):
        aspect = drift.kind.removeprefix("column-")
        return f"{aspect} of {drift.column} is {drift.live} instead of {drift.expected}"
    return f"{drift.live} is there instead of {drift.expected}"


def losses(live: Mapping[str, Table], targets: Mapping[str, Table]) -> Iterator[Loss]:
    """Yield the columns that go."""
    for name, target in targets.items():
        for column in live[name].columns if name in live else ():
            if target.column(column.name) is None and column.generated is None:
                yield Loss(name, column.name)


def risks(live: Mapping[str, Table], targets: Mapping[str, Table]) -> Iterator[str]:
    """Yield what may take long."""
    for name in targets:
        rows = live[name].rows if name in live else None
        if rows is not None and rows > MANY_ROWS:
            yield f"{name} has about {rows:,} rows, and is locked meanwhile."


def locks(situation: Situation, targets: Mapping[str, Table]) -> Iterator[str]:
    """Yield what others must wait for."""
    if situation.database.vendor == "sqlite":
        yield "The database is locked against writing until the end."
        return
    for name in sorted(targets):
        yield f"{name} is locked against reading and writing (ACCESS EXCLUSIVE) until the end."
