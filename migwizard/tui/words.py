"""The words in which the screen names what core says in identifiers."""

from __future__ import annotations

from collections.abc import Mapping

from migwizard.core.finding import Finding
from migwizard.core.graph import Key
from migwizard.core.situation import DatabaseInfo, MigrationTruth, State, Truth

from .look import Look

STATE_WORDS: Mapping[State, str] = {
    "applied": "",
    "pending": "pending",
    "applied-not-recorded": "not recorded",
    "recorded-not-applied": "not applied",
    "half-applied": "half applied",
    "missing-file": "no file",
    "unreadable": "unreadable",
    "replaced": "replaced",
}
"""What the ledger says of a migration beside its three truths; the ordinary state needs no word."""

STATE_STYLES: Mapping[State, str] = {
    "applied": "plain",
    "pending": "info",
    "applied-not-recorded": "error",
    "recorded-not-applied": "error",
    "half-applied": "error",
    "missing-file": "warning",
    "unreadable": "error",
    "replaced": "quiet",
}

WRONG: frozenset[State] = frozenset(
    ("applied-not-recorded", "recorded-not-applied", "half-applied", "unreadable")
)
"""States in which two truths contradict each other."""


UNFINISHED = "unfinished-repair"
"""Name of the finding about executions that the journal knows no end of."""


BEHIND = "tenants-behind"
"""Name of the finding about tenants that are repaired in their own schemas."""


def dotted(key: Key) -> str:
    """Return a migration as people write it: `shop.0007_note`."""
    return f"{key[0]}.{key[1]}"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun: `1 problem`, `1,204 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def node_glyph(truth: MigrationTruth, look: Look) -> tuple[str, str]:
    """Return the sign of a migration in the graph and its style."""
    glyphs = look.glyphs
    style = STATE_STYLES[truth.state]
    if truth.state in WRONG:
        return (glyphs.wrong, style)
    if truth.state == "missing-file":
        return (glyphs.ghost, style)
    return (glyphs.applied if truth.recorded else glyphs.pending, style)


def truth_glyph(truth: Truth, look: Look) -> str:
    """Return the sign of one of the three truths."""
    glyphs = look.glyphs
    return {
        "yes": glyphs.yes,
        "no": glyphs.no,
        "partly": glyphs.partly,
        "unobservable": glyphs.unobservable,
        "unknown": glyphs.unknown,
    }[truth]


TRUTH_WORDS: Mapping[Truth, str] = {
    "yes": "yes",
    "no": "no",
    "partly": "partly",
    "unobservable": "cannot be seen there",
    "unknown": "not compared",
}


def key_of(finding: Finding) -> Key | None:
    """Return the migration that a finding is about, if it is about one."""
    subject = finding.subject
    return (subject.app, subject.migration) if subject.app and subject.migration else None


def place(database: DatabaseInfo, dot: str = "·") -> str:
    """Return where one is, for the status line: `shop on db1:5432 as deploy · public`."""
    host = f"{database.host}:{database.port}" if database.host and database.port else database.host
    text = short_name(database) + (f" on {host}" if host else "")
    if database.user:
        text += f" as {database.user}"
    if database.alias != "default":
        text += f" [{database.alias}]"
    schema = f" {dot} {database.schema}" if database.schema and database.vendor != "sqlite" else ""
    return text + schema


def short_name(database: DatabaseInfo) -> str:
    """Return the database's name, of a file only the last part; the alias where it has none."""
    name = database.name
    if database.vendor == "sqlite":
        name = name.replace("\\", "/").rpartition("/")[2]
    return name or database.alias
