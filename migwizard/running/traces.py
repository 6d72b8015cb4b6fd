"""What each statement of a transaction locks and writes anew, asked of the server after each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..core.locks import Lock, rewritten, stronger
from ..core.plan import Ran
from ..databases.base import Database


class Traces:
    """Follows the locks of the running transaction, from the moment at which it is made.

    Told are tables that others knew before, by the names that they know them by.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.there: Mapping[str, tuple[str, str]] = database.storage()
        self.places = {number: place for number, (_, place) in self.there.items()}
        """Where the rows of each table are by now."""
        self.held = self._held()

    def _held(self) -> tuple[Lock, ...] | None:
        """Return the locks on what was there before; None where the server does not tell."""
        locks = self.database.locks_held()
        if locks is None:
            return None
        return tuple(
            replace(lock, name=self.there[lock.number][0]) for lock in locks if lock.number in self.there
        )

    def of(self, ran: Ran) -> Ran:
        """Return a statement that was just executed with what it locked and wrote anew."""
        now = self._held()
        if now is None or self.held is None:
            return ran
        new = stronger(self.held, now)
        self.held, places = now, self.places
        if ran.sql.lstrip().upper().startswith("ROLLBACK"):
            # A rollback to a savepoint brings the former files back.
            storage = self.database.storage()
            self.places = {number: storage[number][1] for number in self.there if number in storage}
            return replace(ran, locks=(), rewrites=())
        # What is written anew is locked; and what was dropped has no place any more.
        self.places = places | {lock.number: lock.place for lock in now if lock.place}
        anew = rewritten(self._named(places), self._named(self.places))
        return replace(ran, locks=tuple(lock.text for lock in new), rewrites=anew)

    def _named(self, places: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Return places as `Database.storage` does, with the names of before."""
        return {number: (self.there[number][0], place) for number, place in places.items()}
