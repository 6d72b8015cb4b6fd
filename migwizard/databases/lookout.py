"""Notes who keeps a statement waiting for a lock.

That must be asked while it waits, on another connection: after the lock timeout nobody knows any more what the
statement was waiting for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper

from .shadows import twin

PERIOD = 0.5
"""Seconds between two looks, and how long a statement must have run to be worth one."""


class Lookout:
    """Watches one connection from a thread of its own; its connection is opened only when a statement takes long."""

    def __init__(
        self,
        live: BaseDatabaseWrapper,
        session: Callable[[], int],
        blockers: Callable[[Any, int], tuple[str, ...]],
    ) -> None:
        self.live = live
        self.session = session
        """Returns what the server calls the session of `live`."""
        self.number = 0
        """What it calls it now; behind a pooler, each transaction may be in another one."""
        self.blockers = blockers
        """Returns, with a cursor of another connection, who keeps a session waiting."""
        self.begun: float | None = None
        """When the running statement began; None while none runs."""
        self.seen: tuple[str, ...] = ()
        """Who is in the way of the running statement."""
        self.blamed: tuple[str, ...] = ()
        """Who was in the way of the last statement that failed."""
        self.stop = threading.Event()

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Run one statement under watch; the form is that of `connection.execute_wrapper`."""
        self.seen, self.begun = (), time.monotonic()
        try:
            return execute(sql, params, many, context)
        except Error:
            self.blamed = self.seen
            raise
        finally:
            self.begun = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Watch everything that is executed inside."""
        self.live.ensure_connection()
        self.number = self.session()
        thread = threading.Thread(target=self.watch, daemon=True)
        thread.start()
        try:
            with self.live.execute_wrapper(self):
                yield
        finally:
            self.stop.set()
            thread.join()

    def watch(self) -> None:
        """Look again and again, until told to stop, whether our session waits for somebody."""
        own: BaseDatabaseWrapper | None = None
        # Without a second connection nobody is named, and that is all.
        with suppress(Error):
            while not self.stop.wait(PERIOD):
                begun = self.begun
                if begun is None or time.monotonic() - begun < PERIOD:
                    continue
                own = own or connect(self.live)
                with own.cursor() as cursor:
                    found = self.blockers(cursor, self.number)
                if found and self.begun == begun:
                    self.seen = found
        if own is not None:
            own.close()


def connect(live: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """Return another connection to the same database, by the same user."""
    options = {key: value for key, value in live.settings_dict["OPTIONS"].items() if key != "pool"}
    connection = twin(live, options)
    connection.ensure_connection()
    return connection
