"""What is said of groups of tenants, in a few words."""

from __future__ import annotations

from . import AppLevel, Group, Overview

SHOWN = 2
"""Of so many things of one kind the names are told; of more, the number."""


def oddities(group: Group) -> tuple[str, ...]:
    """Return what is out of the ordinary about a group, each in words that follow a number of schemas."""
    found = [f"being worked on ({group.creating})"] if group.creating else []
    if not group.exists:
        return (*found, "without a schema")
    if group.role == "ownerless":
        return (*found, "with no tenant")
    if group.holding.unreadable:
        return (*found, "that cannot be read")
    if group.holding.applied is None:
        return (*found, "without django_migrations")
    found += _levels(group)
    found += _named("recording", tuple(f"{app}.{name}" for app, name in group.ghosts), "lost migrations")
    twice = tuple(f"{app}.{name}" for app, name in sorted(group.holding.twice))
    found += _named("recording twice", twice, "migrations")
    found += _named("without", group.lacks, "tables")
    found += _named("with another", group.differs, "tables", several="with other")
    found += _named("with", group.besides, "tables more")
    return tuple(found)


def _levels(group: Group) -> list[str]:
    """Return how far the apps are; of many that are behind, the number."""
    if group.behind and all(level.state == "none" for level in group.levels if level.here):
        return ["recording no migration"]
    if len(group.behind) > SHOWN:
        return [f"behind in {len(group.behind)} apps"]
    return [_level(level) for level in group.behind]


def _level(level: AppLevel) -> str:
    """Return where an app is: `behind at users.0004_phone`."""
    if level.state == "gap":
        first = level.pending[0]
        return f"not recording {first[0]}.{first[1]}"
    return f"behind at {level.app}.{level.at}" if level.at else f"without a record of {level.app}"


def _named(words: str, names: tuple[str, ...], kind: str, several: str = "") -> list[str]:
    """Return one phrase about some names; about many, their number."""
    if not names:
        return []
    if len(names) <= SHOWN:
        return [f"{words if len(names) == 1 else several or words} {' and '.join(names)}"]
    return [f"{several or words} {len(names)} {kind}"]


def headline(group: Group) -> str:
    """Return a group in one phrase: `at head`, or what is out of the ordinary."""
    return ", ".join(oddities(group)) or "at head"


def summary(overview: Overview) -> str:
    """Return all groups of tenants in one line, the greatest first."""
    counts: dict[str, int] = {}
    for group in overview.groups:
        if group.role != "public":
            words = headline(group)
            counts[words] = counts.get(words, 0) + len(group.schemas)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return " · ".join(f"{count:,} {words}" for words, count in ranked) or "no tenants"
