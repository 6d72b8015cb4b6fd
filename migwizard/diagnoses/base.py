"""What every diagnosis is made of: what is known of it beforehand, and words for ids, subjects, offers and dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from ..core.finding import Offer, Severity, Subject
from ..core.graph import Key
from ..core.situation import MigrationTruth, Situation

AVAILABLE = (
    "repair-history",
    "fake",
    "fake-initial",
    "unfake",
    "migrate",
    "finish",
    "take-back",
    "rollback",
    "align-schema",
    "restore-file",
    "prune",
    "rename-record",
    "remove-duplicates",
    "merge",
    "rebase",
    "make-migration",
    "resume",
    "undo",
    "record-squash",
    "finish-squash",
    "set-default-schema",
    "squash-override",
    "update-override",
    "add-app",
    "remove-app",
    "create-schema",
    "recreate-schema",
)
"""Names of the repairs that exist; nothing else is ever offered."""

NOT_LOADED = "not certain: the project could not be loaded as a whole, so files may seem missing that are not"
"""Why nothing certain can be said of files that are missing."""

EVERYTHING = "*"
"""Subject in the id of a finding that is about the whole database."""


@dataclass(frozen=True, slots=True)
class Info:
    """What is known of a diagnosis before any situation."""

    name: str
    severity: Severity
    """The gravest that its findings can be."""
    title: str
    """What it says, in a few words, for lists."""
    repairs: tuple[str, ...] = ()
    """Names of the repairs that can be offered, the recommended one first."""


def dotted(key: Key) -> str:
    """Return a migration as users write it: `shop.0007_note`."""
    return f"{key[0]}.{key[1]}"


def finding_id(info: Info, subject: str) -> str:
    """Return the id of a finding: `recorded-not-applied:shop.0007_note`."""
    return f"{info.name}:{subject}"


def about(
    situation: Situation, key: Key | None = None, table: str | None = None, column: str | None = None
) -> Subject:
    """Return the subject of a finding about something that is in the database."""
    app, migration = key if key is not None else (None, None)
    return Subject(app, migration, table, column, situation.database.schema or None)


def offers(*possible: Offer | None) -> tuple[Offer, ...]:
    """Return the offers whose repair exists, the first of them recommended; None stands for one not possible here."""
    real = [offer for offer in possible if offer is not None and offer.name in AVAILABLE]
    return tuple(
        Offer(offer.name, offer.title, offer.safety, recommended=number == 0)
        for number, offer in enumerate(real)
    )


def rows_by_key(situation: Situation) -> Mapping[Key, MigrationTruth]:
    """Return the three truths by migration."""
    return {row.key: row for row in situation.migrations}


def dates(situation: Situation) -> Mapping[Key, datetime | None]:
    """Return when each recorded migration was applied; of several rows, what the oldest says."""
    return {record.key: record.applied for record in reversed(situation.records)}


def when(applied: datetime | None) -> str:
    """Return a moment as evidence shows it, in UTC: `2026-03-01 10:00`."""
    if applied is None:
        return "unknown date"
    moment = applied.astimezone(timezone.utc) if applied.tzinfo is not None else applied
    return f"{moment:%Y-%m-%d %H:%M}"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun: `1 migration`, `2 migrations`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(items: Sequence[str], limit: int = 3) -> str:
    """Return a list in words: `a`, `a and b`, `a, b, c and 4 others`."""
    if len(items) > limit + 1:
        return f"{', '.join(items[:limit])} and {len(items) - limit} others"
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else ""


def by_app(keys: Iterable[Key]) -> tuple[str, ...]:
    """Return migrations grouped by app, one line an app: `shop (2): 0001_initial, 0002_order`."""
    names: dict[str, list[str]] = {}
    for app, name in keys:
        names.setdefault(app, []).append(name)
    return tuple(f"{app} ({len(found)}): {', '.join(found)}" for app, found in names.items())


def capital(text: str) -> str:
    """Return a text that can begin a sentence."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Return a text with a full stop at its end, unless it ends a sentence already."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
