"""What becomes of what an app's original migrations have left in the database when others replace them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..core.graph import Key
from ..core.plan import Question, Step
from ..core.schema import Table
from ..core.situation import MigrationTruth, Situation
from ..core.sources.override import OverrideProposal
from ..core.truths.midway import OPAQUE
from .align_schema import early, without_dangling
from .base import Impossible, Uncertain, WrongArguments, dotted, record_step, rows_by_key, unrecord_step

ZERO, ALIGN = "zero", "align"

UNSEEN = "The schema was not compared, so nobody knows whether the tables are what the records say."


@dataclass(frozen=True, slots=True)
class Remains:
    """The part of a plan that deals with the database."""

    steps: tuple[Step, ...] = ()
    asks: tuple[Question, ...] = ()
    risks: tuple[str, ...] = ()


def remains(
    situation: Situation, proposal: OverrideProposal, settings: Mapping[str, str], *, pointed: bool
) -> Remains:
    """Return what is done in the database; `pointed` tells whether the new migrations count right afterwards.

    Raises:
        Impossible: when it is not known what is there, or it cannot be dealt with.
    """
    rows = [rows_by_key(situation)[key] for key in situation.graph.nodes if key[0] == proposal.app]
    live = situation.live.tables if situation.live is not None else {}
    recorded = [key for key in proposal.replaced if key in situation.recorded]
    there = sorted(proposal.tables & live.keys())
    compared = situation.live is not None and situation.compared != "no"
    unseen = () if compared else (UNSEEN,)
    if not recorded and not there:
        return Remains(risks=unseen)
    if all(row.key in situation.graph.effective for row in rows):
        check_true(rows)
        why = f"All that it stands for is applied, so {proposal.app} is where it leads to."
        return Remains(tuple(records(situation, proposal, why, pointed)), risks=unseen)
    if not compared:
        why = situation.why_not or "nothing was read."
        raise Impossible(f"A part of {proposal.app} is recorded, and the schema was not compared: {why}")
    check_certain(rows)
    if all(row.schema in ("yes", "unobservable") for row in rows) and any(
        row.schema == "yes" for row in rows
    ):
        why = "The schema has everything that it stands for."
        return Remains(tuple(records(situation, proposal, why, pointed)))
    answer = settings.get("partial", ALIGN if proposal.filled else ZERO)
    if answer not in (ZERO, ALIGN):
        raise WrongArguments(f"--set partial takes {ZERO} or {ALIGN}, not {answer}.")
    held = f"rows in {', '.join(sorted(proposal.filled))}" if proposal.filled else "no rows"
    text = f"A part of {proposal.app} is applied ({held}). Take it back to zero, or align the tables and keep the rows?"
    asks = (Question("partial", text, (ZERO, ALIGN), answer),)
    if answer == ZERO:
        return Remains(
            tuple(to_zero(situation, proposal, there, recorded)), asks, tuple(left(situation, recorded))
        )
    return Remains(tuple(aligned(situation, proposal, rows, live, pointed)), asks)


def check_certain(rows: Iterable[MigrationTruth]) -> None:
    """Raise Uncertain when what the schema says of a migration is not certain."""
    for row in rows:
        if not row.confirmed and row.schema not in ("yes", "unobservable"):
            raise Uncertain(f"What the schema says of {dotted(row.key)}")


def check_true(rows: Iterable[MigrationTruth]) -> None:
    """Raise Impossible when something counts as applied that the schema has not."""
    for row in rows:
        if row.schema in ("no", "partly"):
            raise Impossible(
                f"{dotted(row.key)} is recorded, but the schema does not have all of it; repair that first (check)."
            )


def records(situation: Situation, proposal: OverrideProposal, why: str, pointed: bool) -> Iterator[Step]:
    """Yield the steps that record what is in: originals without a row, and the new ones once they count."""
    for key in proposal.replaced:
        if key not in situation.recorded:
            yield record_step(key, why)
    if pointed:
        for key in proposal.new:
            if key not in situation.recorded:
                yield record_step(key, why, "manage.py migrate")


def to_zero(
    situation: Situation, proposal: OverrideProposal, there: list[str], recorded: list[Key]
) -> Iterator[Step]:
    """Yield the steps that take away what a run has left that came halfway."""
    check_nobody_depends(situation, proposal, there)
    if there:
        yield Step(
            "sql",
            f"What is left of {proposal.app} goes, so that the new migrations can make all of it: {', '.join(there)}.",
            tables=tuple((name, None) for name in there),
            undo="migwizard undo makes the tables again; rows that were in them do not come back.",
            command=f"manage.py migrate {proposal.app} zero, as far as every operation has a reverse",
        )
    for key in reversed(recorded):
        why = f"Nothing of {dotted(key)} is left."
        yield unrecord_step(situation, key, why, f"manage.py migrate {proposal.app} zero")


def left(situation: Situation, recorded: Iterable[Key]) -> Iterator[str]:
    """Yield what taking the tables away does not take back."""
    ran = [
        dotted(key)
        for key in recorded
        if key in situation.graph.files
        and any(operation.runs_code for operation in situation.graph.files[key].operations)
    ]
    if ran:
        yield f"What the code of {', '.join(ran)} wrote into tables of other apps stays."


def check_nobody_depends(situation: Situation, proposal: OverrideProposal, there: list[str]) -> None:
    """Raise Impossible when something of another app hangs on the tables or the records."""
    live = situation.live.tables if situation.live is not None else {}
    for name, table in live.items():
        for one in table.constraints:
            if name not in there and one.references is not None and one.references[0] in there:
                raise Impossible(
                    f"The table {name} points to {one.references[0]}, which therefore cannot go; keep what is there"
                    f" (--set partial={ALIGN})."
                )
    for key in situation.graph.nodes:
        if key[0] != proposal.app and key in situation.graph.effective:
            for parent in situation.graph.ancestors(key):
                if parent[0] == proposal.app:
                    raise Impossible(
                        f"{dotted(key)} is applied and depends on {dotted(parent)}, which therefore cannot be taken"
                        f" back; keep what is there (--set partial={ALIGN})."
                    )


def aligned(
    situation: Situation,
    proposal: OverrideProposal,
    rows: list[MigrationTruth],
    live: Mapping[str, Table],
    pointed: bool,
) -> Iterator[Step]:
    """Yield the steps that bring the tables to what the app's last migration leaves, and record it."""
    check_no_code(situation, proposal, rows)
    if not proposal.shapes:
        raise Impossible(
            f"What the tables of {proposal.app} should be is not known, so their rows cannot be kept here; finish"
            f" with migrate {proposal.app} first."
        )
    names = live.keys() | proposal.shapes.keys()
    targets = {name: without_dangling(situation, table, names) for name, table in proposal.shapes.items()}
    changed = {name: table for name, table in targets.items() if live.get(name) != table}
    later = []
    for name, target in sorted(changed.items()):
        first = target if situation.database.vendor == "sqlite" else early(live.get(name), target, changed)
        if first != target:
            later.append((name, target))
        yield shape_step(
            proposal, f"{name} becomes what the last migration of {proposal.app} leaves.", ((name, first),)
        )
    if later:
        yield shape_step(proposal, "The foreign keys follow, now that all tables are there.", tuple(later))
    gone = [name for name in sorted(proposal.tables & live.keys()) if name not in targets]
    if gone:
        yield shape_step(
            proposal, f"{', '.join(gone)} goes in the end.", tuple((name, None) for name in gone)
        )
    yield from records(situation, proposal, f"The tables are what {proposal.app} leads to now.", pointed)


def shape_step(proposal: OverrideProposal, why: str, tables: tuple[tuple[str, Table | None], ...]) -> Step:
    """Return the step that gives tables another shape."""
    undo = "migwizard undo gives them their former shape back."
    return Step("sql", why, tables=tables, undo=undo, command=f"manage.py migrate {proposal.app}")


def check_no_code(situation: Situation, proposal: OverrideProposal, rows: list[MigrationTruth]) -> None:
    """Raise Impossible when code is still to run that may move the rows which are there, or a name is to change."""
    for row in rows:
        for truth in row.operations:
            if row.recorded or truth.truth == "yes":
                continue
            operation = situation.graph.files[row.key].operations[truth.index]
            renames = operation.name in ("RenameModel", "RenameField", "AlterModelTable")
            if (truth.kind in OPAQUE and not operation.elidable) or renames:
                raise Impossible(
                    f"Operation {truth.index + 1} of {dotted(row.key)} ({truth.title}) has not run and may move rows"
                    f" that are there, so the tables cannot just be altered; finish with migrate {proposal.app} first,"
                    f" or give the rows up (--set partial={ZERO})."
                )
