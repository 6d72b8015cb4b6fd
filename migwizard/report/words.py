"""Words that several reports share: where one is, what was compared, dates, and what a migration's truths are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timezone

from ..core.finding import SEVERITIES, Finding
from ..core.graph import Key
from ..core.situation import Compared, DatabaseInfo, MigrationTruth, Situation

COMPARED: Mapping[Compared, str] = {
    "replayed": "The schema was compared with a replay of the migrations.",
    "modelled": "The schema was compared with a model of the applied migrations",
    "no": "The schema was not compared",
}


def dotted(key: Key) -> str:
    """Return a migration as users write it: `shop.0007_note`."""
    return f"{key[0]}.{key[1]}"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun: `1 error`, `2 errors`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without a zone is taken as UTC, as Django writes it."""
    return (
        moment.astimezone(timezone.utc) if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
    )


def place(database: DatabaseInfo) -> str:
    """Return where one is: `postgresql database shop on db1:5432, schema public`."""
    host = f" on {database.host}{f':{database.port}' if database.port else ''}" if database.host else ""
    alias = f" (alias {database.alias})" if database.alias != "default" else ""
    schema = f", schema {database.schema}" if database.schema and database.vendor != "sqlite" else ""
    return f"{database.vendor} database {database.name}{host}{alias}{schema}"


def compared(situation: Situation) -> str:
    """Return in one sentence with what the schema was compared."""
    text = COMPARED[situation.compared]
    if text.endswith("."):
        return text
    return f"{text}: {situation.why_not}" if situation.why_not else f"{text}."


def counts(findings: Collection[Finding]) -> str:
    """Return how many findings there are of each severity."""
    numbers = [
        (severity, sum(finding.severity == severity for finding in findings)) for severity in SEVERITIES
    ]
    found = ", ".join(plural(number, severity) for severity, number in numbers if number)
    return f"{found}." if found else "Nothing is wrong."


def record_word(row: MigrationTruth) -> str:
    """Return what the record says: its date in UTC, `yes` without one, `-` where there is none."""
    if row.record is not None:
        return f"{utc(row.record):%Y-%m-%d %H:%M}"
    return "yes" if row.recorded else "-"


def schema_word(row: MigrationTruth) -> str:
    """Return what the schema says, with a question mark where only a replay can be sure."""
    return row.schema if row.confirmed else f"{row.schema}?"


def rows_of(situation: Situation, app: str | None) -> tuple[MigrationTruth, ...]:
    """Return the rows of one app, or of all."""
    return tuple(row for row in situation.migrations if app is None or row.key[0] == app)
