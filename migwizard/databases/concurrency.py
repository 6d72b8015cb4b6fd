"""Who else is at work on a database, with the conservative answers for a vendor of which nothing is known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from migwizard.core.locks import Lock
from migwizard.core.session import Session


class AnotherRepair(Exception):
    """Somebody else repairs this database at this moment; the text names who."""


class Concurrency:
    """What a database says of others who are connected to it, and how they are kept out of a repair.

    A repair that lasts for one transaction does this, in this order::

        with database.repairing(schema):                # raises AnotherRepair at once
            with transaction:
                holder = database.try_lock("migwizard", schema)
                alone = database.hold_history("django_migrations", schema)
                others = database.others_at_work(tables, schema, project)
                ...                                     # the steps
                if not alone:
                    others = database.others_at_work(tables, schema, project)

    One of several transactions, or with statements outside of any, is surrounded by `repairing(schema, several=True)`,
    and does the rest anew in each transaction.
    """

    @contextmanager
    def repairing(self, schema: str | None = None, *, several: bool = False) -> Iterator[None]:
        """Keep other repairs of this schema away for as long as it lasts, and note who blocks ours.

        Args:
            schema: the schema that is repaired, by default the connection's current one.
            several: whether that takes more than one transaction, between which `try_lock` would not hold.

        Raises:
            AnotherRepair: when somebody else repairs it.
        """
        yield

    def try_lock(self, name: str, schema: str | None = None) -> str | None:
        """Take the lock `name` until the transaction ends. Returns who holds it when it is taken; None when we do.

        The lock is one for each schema, by default the connection's current one.
        """
        return None

    def hold_history(self, table: str, schema: str | None = None) -> bool:
        """Keep everybody from changing the history table until the transaction ends, and if possible from reading it.

        Returns whether nobody can read it: then a `migrate` that starts meanwhile waits before it has decided what to
        apply. Otherwise `others_at_work` must be asked again before the commit, because such a `migrate` would record
        afterwards what we have recorded. Where there is no such table yet, nothing is held, and the answer is False.
        Raises Django's OperationalError when others do not let go of the table in time.
        """
        return False

    def others_at_work(
        self, tables: Collection[str], schema: str | None = None, project: str = ""
    ) -> tuple[str, ...]:
        """Return a sentence for everybody who seems to be migrating, or changes the history or one of `tables`.

        Args:
            tables: keys as in a snapshot of `schema`.
            schema: by default the connection's current one.
            project: the folder of manage.py, by which a `migrate` on this machine is known.
        """
        return ()

    def blockers(self) -> str:
        """Return who kept our last statement from its lock, as the end of a sentence; empty where nobody is known."""
        return ""

    def sessions(self) -> tuple[Session, ...]:
        """Return who else is connected to the database, as far as can be seen; whoever is waited for comes first."""
        return ()

    def locks_held(self) -> tuple[Lock, ...] | None:
        """Return what our transaction has locked, mere reading aside; None where the server does not tell."""
        return None

    def storage(self) -> Mapping[str, tuple[str, str]]:
        """Return, by what names a table for good, its name and where its rows are; for `core.locks.rewritten`."""
        return {}
