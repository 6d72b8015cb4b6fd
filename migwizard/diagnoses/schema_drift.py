"""The live schema is not as the applied migrations left it.

## What it finds
Every difference between the live schema and the one that the applied migrations make: tables, columns
(type, nullability, default, numbering, expression, collation, comment), primary keys, unique, check,
exclusion and foreign-key constraints, indexes, triggers. What follows from another difference (the index
of a column that is gone) is told with it. Names that Django chose differently in older versions are
infos; so is whatever harms nobody.

## Why it matters
Somebody changed the database by hand, a restore was incomplete, or a tool of another team did it. The
application fails (a column is missing, or must not be empty), accepts what it should refuse (a unique
constraint is missing), or becomes slow (an index is missing); and later migrations fail, because they
find something else than they expect.

## Example
`ALTER TABLE shop_order DROP COLUMN note` was typed in the wrong window. Or: a column was widened to
`text` in a hurry, and never in the models.

## How it is repaired
If the schema is right and the code is behind, change the models and run `makemigrations`. If the code is
right, `align-schema` makes the smallest change that brings the table back; rows that are in its way are
counted and named first. A difference that is marked unconfirmed may be the work of a RunSQL or RunPython;
`migwizard replay` finds out.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..core.drift.causes import numbered
from ..core.drift.objects import NONE, live_object, live_table
from ..core.finding import Finding, Offer, Severity
from ..core.graph import Key
from ..core.schema import Constraint
from ..core.situation import Drift, DriftKind, Situation
from .base import Info, about, capital, dotted, finding_id, listed, offers
from .drift_text import fact
from .evidence import OPAQUE, columns_line

INFO = Info(
    "schema-drift", "error", "The live schema is not as the applied migrations left it", ("align-schema",)
)

SEVERITIES: Mapping[DriftKind, Severity] = {
    "table-missing": "error",
    "table-renamed": "error",
    "column-missing": "error",
    "column-type": "error",
    "column-identity": "error",
    "column-generated": "error",
    "primary-key-missing": "error",
    "unique-missing": "error",
    "index-unknown": "info",
    "index-renamed": "info",
    "constraint-renamed": "info",
    "trigger-missing": "info",
    "trigger-unknown": "info",
    "column-comment": "info",
    "table-comment": "info",
}
"""Severity of those differences that are not warnings, as far as their kind alone decides it."""

HARMLESS: frozenset[DriftKind] = frozenset(
    (
        "index-renamed",
        "constraint-renamed",
        "constraint-not-validated",
        "trigger-missing",
        "column-comment",
        "table-comment",
    )
)
"""Infos that are done away with when asked for. Whatever somebody added by hand is not among them."""


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each difference that does not follow from another one."""
    return tuple(_finding(situation, *one) for one in numbered(situation))


def _finding(situation: Situation, subject: str, drift: Drift, consequences: tuple[Drift, ...]) -> Finding:
    return Finding(
        finding_id(INFO, subject),
        INFO.name,
        severity(situation, drift) if drift.confirmed else "info",
        about(situation, drift.migration, drift.table, drift.column),
        f"{capital(fact(situation, drift))}{_contradiction(situation, drift)}.",
        drift.confirmed,
        evidence=(
            *_origin(situation, drift),
            *(f"with it: {fact(situation, other)}" for other in consequences),
            *(
                columns_line(situation, drift.table)
                if drift.kind in ("column-missing", "column-unknown")
                else ()
            ),
            *_namesakes(situation, drift),
            *(() if drift.confirmed else _explanations(situation, drift)),
        ),
        repairs=_repairs(situation, drift),
    )


def _repairs(situation: Situation, drift: Drift) -> tuple[Offer, ...]:
    if not drift.confirmed or drift.table not in situation.expected:
        return ()
    if severity(situation, drift) == "info" and drift.kind not in HARMLESS:
        return ()
    if lookalikes(situation, drift) or _followed(situation, drift):
        # An empty table beside the one with the rows would look like a repair, and hide what happened.
        return ()
    return offers(Offer("align-schema", f"Bring {drift.table} back to what the migrations made", "careful"))


def lookalikes(situation: Situation, drift: Drift) -> tuple[str, ...]:
    """Return the tables of nobody with most of the columns of a missing one: somebody may have renamed it by hand."""
    expected = situation.expected.get(drift.table) if drift.kind == "table-missing" else None
    if expected is None or situation.live is None:
        return ()
    columns = {(column.name, column.type) for column in expected.columns}
    unknown = sorted({other.table for other in situation.drifts if other.kind == "table-unknown"})
    return tuple(
        name
        for name in unknown
        if (table := situation.live.tables.get(name)) is not None
        and len(columns & {(column.name, column.type) for column in table.columns}) > max(1, len(columns) / 2)
    )


def _followed(situation: Situation, drift: Drift) -> bool:
    """Tell whether a foreign key nobody knows points to what may be a renamed table: it comes back with its name."""
    found = live_object(situation, drift) if drift.kind == "foreign-key-unknown" else None
    return (
        isinstance(found, Constraint)
        and found.references is not None
        and any(found.references[0] in lookalikes(situation, other) for other in situation.drifts)
    )


def _namesakes(situation: Situation, drift: Drift) -> tuple[str, ...]:
    """Return what to do where a missing table may be there under another name."""
    names = lookalikes(situation, drift)
    if not names:
        return ()
    verb = "belongs to no migration, but has" if len(names) == 1 else "belong to no migration, but have"
    return (
        f"{listed(names, 6)} {verb} its columns: if that is {drift.table}, renamed by hand, name it back, which"
        f" keeps its rows; if not, the action `align-schema {drift.table}` makes an empty table",
    )


def severity(situation: Situation, drift: Drift) -> Severity:
    """Return how grave a confirmed difference is."""
    if drift.kind == "column-nullability":
        return "error" if drift.live == "NOT NULL" else "warning"
    if drift.kind == "column-default":
        return "info" if drift.expected == NONE else "warning"
    if drift.kind == "column-unknown":
        return "error" if _must_be_given(situation, drift) else "info"
    if drift.kind == "constraint-not-validated" and situation.database.vendor == "microsoft":
        # Whatever loads fixtures leaves them so: `loaddata` disables all constraints, and enables them unchecked.
        return "info"
    return SEVERITIES.get(drift.kind, "warning")


def _must_be_given(situation: Situation, drift: Drift) -> bool:
    """Tell whether the application, which does not know a column, cannot insert a row because of it."""
    table = live_table(situation, drift.table)
    column = table.column(drift.column) if table is not None and drift.column is not None else None
    if column is None or column.nullable:
        return False
    return column.default is None and not column.identity and not column.generated


def _is_gone(drift: Drift) -> bool:
    return drift.kind.endswith("-missing") and not drift.live


def _contradiction(situation: Situation, drift: Drift) -> str:
    """Return who says that something which is missing should be there."""
    if not _is_gone(drift) or drift.migration not in situation.graph.effective:
        return ""
    return f", though {dotted(drift.migration)}, which is applied, makes it"


def _origin(situation: Situation, drift: Drift) -> tuple[str, ...]:
    """Return which migration the difference has to do with, where the summary does not say it."""
    if drift.migration is None:
        return ()
    name = dotted(drift.migration)
    if drift.migration not in situation.graph.effective:
        return (f"{name}, which is not recorded, has to do with it",)
    if _is_gone(drift):
        return ()
    return (f"what is expected is what {name} leaves",) if drift.expected else (f"{name} has to do with it",)


def _explanations(situation: Situation, drift: Drift) -> tuple[str, ...]:
    """Return which migrations may explain an unconfirmed difference."""
    if not drift.explained_by:
        return ("not certain; a replay tells (migwizard replay)",)
    lost = [dotted(key) for key in drift.explained_by if key not in situation.graph.files]
    if lost:
        verb = "has" if len(lost) == 1 else "have"
        return (f"not certain: {listed(lost, 6)} {verb} no file, and may explain it",)
    names = listed([_with_operations(situation, key) for key in drift.explained_by], 6)
    return (f"not certain: {names} may explain it; a replay tells (migwizard replay)",)


def _with_operations(situation: Situation, key: Key) -> str:
    """Return a migration with the operations of which nobody knows in advance what they do."""
    file = situation.graph.files.get(key)
    names = (
        dict.fromkeys(operation.name for operation in file.operations if operation.kind in OPAQUE)
        if file
        else {}
    )
    return f"{dotted(key)} ({', '.join(names)})" if names else dotted(key)
