"""Which migration a schema is really at, app by app: "shop is at 0041, except index x"."""

from __future__ import annotations

from dataclasses import dataclass

from ..graph import Key
from ..situation import MigrationTruth, Situation


@dataclass(frozen=True, slots=True)
class Location:
    """How far the live schema has come along one app's migrations, whatever the records say."""

    app: str
    migration: str | None
    """The last migration that the schema shows; None when it shows none of the app."""
    recorded: str | None
    """The last migration that is recorded; None when none is."""
    lacking: tuple[Key, ...] = ()
    """Earlier migrations that the schema shows not at all, or only partly."""
    exceptions: tuple[str, ...] = ()
    """Other differences in the app's tables, in words."""

    @property
    def agrees(self) -> bool:
        """Whether records and schema say the same, with nothing lacking."""
        return self.migration == self.recorded and not self.lacking and not self.exceptions

    def sentence(self) -> str:
        """Return it in words: `the schema is at 0041_note, except …; recorded up to 0042_total`."""
        at = f"the schema is at {self.migration}" if self.migration else "the schema has nothing of it"
        exceptions = [f"{name} is not wholly in" for _, name in self.lacking] + list(self.exceptions)
        except_for = f", except: {'; '.join(exceptions)}" if exceptions else ""
        recorded = f"recorded up to {self.recorded}" if self.recorded else "nothing is recorded"
        return f"{at}{except_for}; {recorded}"


def locate(situation: Situation) -> tuple[Location, ...]:
    """Return the location of every app that has migrations, in the order of the graph; none without a comparison."""
    if situation.compared == "no":
        return ()
    by_app: dict[str, list[MigrationTruth]] = {}
    for row in situation.migrations:
        if row.file:
            by_app.setdefault(row.key[0], []).append(row)
    tables = {
        name: row.key[0] for row in situation.migrations for truth in row.operations for name in truth.tables
    }
    found = []
    for app, rows in by_app.items():
        drifts = tuple(
            f"{drift.kind.replace('-', ' ')}: {drift.live or drift.expected}"
            for drift in situation.drifts
            if tables.get(drift.table) == app and drift.confirmed and drift.kind != "table-unknown"
        )
        found.append(locate_app(app, rows, drifts))
    return tuple(found)


def locate_app(app: str, rows: list[MigrationTruth], exceptions: tuple[str, ...]) -> Location:
    """Return the location of one app from the truths of its migrations, in the order of application."""
    last = max((index for index, row in enumerate(rows) if row.schema == "yes"), default=-1)
    # What cannot be seen counts as far as the records carry it on from there.
    while last + 1 < len(rows) and rows[last + 1].schema == "unobservable" and rows[last + 1].recorded:
        last += 1
    recorded = [row.key[1] for row in rows if row.recorded]
    lacking = tuple(row.key for row in rows[: max(last, 0)] if row.schema in ("no", "partly"))
    return Location(
        app,
        rows[last].key[1] if last >= 0 else None,
        recorded[-1] if recorded else None,
        lacking,
        exceptions,
    )
