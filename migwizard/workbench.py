"""Everything that the screens and the commands can do, behind one door.

A workbench belongs to one thread, which owns its connection for its whole life.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .core.across import Across, Seen
from .core.finding import Finding, Safety
from .core.graph import Key
from .core.indialect import InDialect
from .core.journal import Entry
from .core.plan import Plan, Ran, Report
from .core.session import Session
from .core.situation import Situation
from .core.tenants import Group

if TYPE_CHECKING:
    from .core.override import ProposeOverride, ProposeUpdate
    from .core.proposal import Propose
    from .core.tenants import Overview
    from .core.text_file import TextFile
    from .reading.options import Options
    from .reading.reader import Reader
    from .running.journal import Batches, Journal


class CannotRun(Exception):
    """Nothing can be done, for the reason given in one sentence."""


class Refused(CannotRun):
    """A repair cannot be planned in this situation, for the reason given in one sentence."""


class Needless(Refused):
    """A repair would do nothing, as nothing of what it is for is amiss."""


class Unreplayed(Refused):
    """A repair cannot be planned before the migrations have been replayed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A situation with what was found in it."""

    situation: Situation
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionOffer:
    """An action as the menu shows it."""

    name: str
    title: str
    safety: Safety
    impossible: str = ""
    """Why it is not possible now; empty when it is."""
    arguments: tuple[str, ...] = ()
    """The arguments that it would be run with on the selection."""
    takes: str = ""
    """Its arguments as they are typed: `APP [MIGRATION]`."""
    wanting: bool = False
    """Whether it needs arguments that the selection does not give."""


@dataclass
class Workbench:
    """One project and one database, with everything that can be read of them and done to them."""

    options: Options
    stop: threading.Event = field(default_factory=threading.Event)
    """Set from any thread to have the running work stop and roll back."""
    reading: Reading | None = None
    batch: int | None = None
    """The batch over many schemas that is running, which is written down with each execution."""
    _reader: Reader | None = None
    _log: list[Ran] = field(default_factory=list)
    _settled: dict[int, Entry] = field(default_factory=dict)
    """Interrupted executions, as they were found when this workbench first looked."""

    @property
    def reader(self) -> Reader:
        """The open reader.

        Raises:
            CannotRun: when the workbench has not been opened.
        """
        if self._reader is None:
            raise CannotRun("The project has not been opened yet.")
        return self._reader

    def open(self) -> None:
        """Find and load the project, and connect.

        Raises:
            CannotRun: with one sentence, when there is no project or no connection.
        """
        from .reading.connected import CannotRead
        from .reading.reader import Reader

        reader = Reader(self.options)
        try:
            reader.open()
            reader.connect()
        except CannotRead as error:
            raise CannotRun(str(error)) from error
        self._reader = reader
        reader.cancel = self.stop
        if reader.connected:
            self._listen(reader)

    def _listen(self, reader: Reader) -> None:
        """Log every statement that goes over the connection, reads included."""
        from .running.capture import Capture

        reader.connection.execute_wrappers.append(Capture(reader.connection, self._log.append))

    def turn_to(self, schema: str | None) -> None:
        """Look at another schema of the same database from now on; nothing of it is read yet.

        Raises:
            CannotRun: when the server refuses.
        """
        from .reading.connected import CannotRead

        try:
            self.reader.turn_to(schema)
        except CannotRead as error:
            raise CannotRun(str(error)) from error
        self.options = self.reader.options
        self.reading = None
        self._settled = {}

    def quick(self) -> Reading:
        """Return files, records and the graph alone, within a moment."""
        return self._found(self._guarded(self.reader.quick))

    def read(
        self, progress: Callable[[str, int, int], None] = lambda stage, done, total: None, replay: bool = True
    ) -> Reading:
        """Read everything anew; `replay` allows a replay when something hangs on it."""
        if self.reading is not None:
            self.reader.refresh()
        situation = self._guarded(lambda: self.reader.read(progress, fresh_replay=replay))
        if situation.tenant is not None and situation.tenant.role == "public" and situation.tenant.exists:
            # With public, as that is what one looks at first; inside a transaction, it would lock every history.
            situation = replace(situation, overview=self.overview(progress))
        self.reading = self._found(situation)
        return self.reading

    def tenants(self, progress: Callable[[str, int, int], None] = lambda stage, done, total: None) -> Reading:
        """Return all schemas in groups (the situation's `overview`), and what these tell by themselves.

        Raises:
            CannotRun: when the project has no tenants.
        """
        from . import diagnoses
        from .reading.connected import CannotRead

        try:
            overview = self.reader.overview(progress)
            situation = replace(self.reader.quick(), overview=overview)
        except CannotRead as error:
            raise CannotRun(str(error)) from error
        if overview is None:
            raise CannotRun(
                f"The database '{self.options.alias}' of this project has no tenants: there is no TENANT_MODEL for it."
            )
        return Reading(situation, diagnoses.diagnose(situation, diagnoses.OF_TENANTS))

    def across(
        self,
        progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
        replay: bool = True,
    ) -> Across:
        """Read public and one schema of each group, and return what was found in all of them.

        Raises:
            CannotRun: when the project has no tenants.
        """
        overview = self.tenants(progress).situation.overview
        assert overview is not None
        asked = self.options.schema
        groups = sorted(overview.groups, key=lambda group: group.role != "public")
        groups = [group for group in groups if group.exists and group.role != "ownerless"]
        seen: list[Seen] = []
        unread: list[tuple[Group, str]] = []
        try:
            for number, group in enumerate(groups):
                progress(f"reading {group.representative}", number, len(groups))
                try:
                    found = self._one_of(group, overview, replay)
                    seen.append(Seen(group, found.situation, found.findings))
                except CannotRun as error:
                    unread.append((group, str(error)))
        finally:
            self.reader.turn_to(asked)
        return Across(overview, tuple(seen), tuple(unread))

    def _one_of(self, group: Group, overview: Overview, replay: bool) -> Reading:
        """Return the reading of the schema that stands for a group; with public, what the overview tells too."""
        from .reading.connected import CannotRead

        reader = self.reader
        try:
            reader.turn_to(None if group.role == "public" else group.representative)
            situation = reader.read(fresh_replay=replay)
            return self._found(replace(situation, overview=overview) if group.role == "public" else situation)
        except CannotRead as error:
            raise CannotRun(str(error)) from error

    def _found(self, situation: Situation) -> Reading:
        """Return a situation with its findings; without a database, with those that hang on files alone."""
        from . import diagnoses

        if situation.tenant is not None and not situation.tenant.exists:
            return Reading(situation, diagnoses.diagnose(situation, diagnoses.WITHOUT_SCHEMA))
        if self.reader.connected:
            situation = replace(situation, unfinished=self._unfinished(situation))
            return Reading(situation, diagnoses.diagnose(situation))
        of_files = (
            diagnoses.project_unreadable,
            diagnoses.unreadable_migration,
            diagnoses.missing_dependency,
            diagnoses.circular_dependency,
        )
        return Reading(situation, diagnoses.diagnose(situation, of_files))

    def _unfinished(self, situation: Situation) -> tuple[Entry, ...]:
        """Return the executions on this database that were interrupted, with what is in of them."""
        from .running.recovery import settle

        found = {entry.id: entry for entry in settle(self._journal(), self.reader, situation)}
        ended = {number: entry for number, entry in self._settled.items() if entry.finished}
        self._settled = ended | found
        return tuple(self._settled[number] for number in sorted(self._settled))

    def _journal(self, arrives: str | None = None) -> Journal:
        """Return the journal of this database and schema.

        A plan that moves the connection to another schema is written down in that one's: from there it is looked for.
        """
        from .databases.base import printable
        from .running.journal import Journal

        info = self.reader.info
        if arrives is not None:
            info = replace(info, schema=printable(arrives))
        return Journal(self._journal_root(), info, self.reader.project.info.root, self.batch)

    def overview(
        self, progress: Callable[[str, int, int], None] = lambda stage, done, total: None
    ) -> Overview | None:
        """Return all schemas of a database with tenants, in groups of those that are equal; None of any other.

        Raises:
            CannotRun: when the server refuses.
        """
        from .reading.connected import CannotRead

        try:
            return self.reader.overview(progress) if self.reader.connected else None
        except CannotRead as error:
            raise CannotRun(str(error)) from error

    def batches(self) -> Batches:
        """Return the journal of what was done in many schemas of this database at a time."""
        from .running.journal import Batches

        return Batches(self._journal_root(), self.reader.info, self.reader.project.info.root)

    def _journal_root(self) -> Path:
        """Return the folder of all journals."""
        from .running.journal import default_root

        project = self.reader.project
        return Path(project.info.root, project.journal) if project.journal else default_root()

    def _guarded(self, read: Callable[[], Situation]) -> Situation:
        from .reading.connected import CannotRead

        try:
            return read()
        except CannotRead as error:
            raise CannotRun(str(error)) from error

    def actions(self, key: Key | None, finding: Finding | None) -> tuple[ActionOffer, ...]:
        """Return every action on a selection, also those that are not possible now, with the reason.

        A key without a name selects a whole app. An action whose arguments the selection does not give is offered
        as one that wants them.
        """
        from .repairs import REPAIRS, Impossible, Request, WrongArguments, make_plan

        situation = self._situation()
        offers = []
        for repair in REPAIRS:
            info = repair.INFO
            arguments = self._given(info.arguments, key)
            offer = ActionOffer(info.name, info.title, info.safety, "", arguments, info.arguments)
            needed = sum(not word.startswith("[") for word in info.arguments.split())
            try:
                if len(arguments) < needed:
                    raise WrongArguments
                plan = make_plan(
                    situation,
                    info.name,
                    Request(
                        None,
                        arguments,
                        propose=self._proposer(),
                        update=self._updater(),
                        files=self._settings_files(),
                    ),
                )
                asks = any(question.answer is None for question in plan.asks)
                refusal = "" if asks else plan.refusal
                offer = replace(offer, title=plan.title, safety=plan.safety, impossible=refusal)
            except WrongArguments:
                offer = replace(offer, wanting=True)
            except Impossible as error:
                offer = replace(offer, impossible=str(error))
            offers.append(offer)
        del finding
        return tuple(offers)

    def _given(self, takes: str, key: Key | None) -> tuple[str, ...]:
        """Return what a selection gives of the arguments that an action takes.

        Where another word can stand for the migration (`MIGRATION|zero`) it is a place to go to, not what is
        selected.
        """
        words = [word.strip("[]") for word in takes.split()]
        if key is None or words[:1] != ["APP"]:
            return ()
        return key if words[1:2] in (["MIGRATION"], ["SQUASH"]) and key[1] else key[:1]

    def plan(
        self,
        finding: Finding | None,
        repair: str,
        arguments: tuple[str, ...] = (),
        settings: Mapping[str, str] | None = None,
    ) -> Plan:
        """Return the plan of a repair, with its SQL.

        Raises:
            Refused: when it cannot be planned here, with the reason; Needless, when there is nothing to do; Unreplayed,
                when a replay would tell.
            CannotRun: when there is no such repair, or nothing that its arguments name.
        """
        from .repairs import Impossible, NothingToDo, Request, Uncertain, WrongArguments, make_plan
        from .running.preview import with_sql

        situation = self._situation()
        project = self.reader.project
        if not project.ready:
            raise Refused(f"Nothing is repaired while the project cannot be loaded. {project.info.errors[0]}")
        entry = self._entry_for(finding, repair, arguments)
        try:
            plan = make_plan(
                situation,
                repair,
                Request(
                    finding,
                    arguments,
                    settings or {},
                    entry,
                    self._proposer(),
                    self._overrider(),
                    self._updater(),
                    self._settings_files(),
                ),
            )
        except WrongArguments as error:
            raise CannotRun(str(error)) from error
        except Uncertain as error:
            raise Unreplayed(str(error)) from error
        except NothingToDo as error:
            raise Needless(str(error)) from error
        except Impossible as error:
            raise Refused(str(error)) from error
        return with_sql(self.reader, situation, plan)

    def _entry_for(self, finding: Finding | None, repair: str, arguments: tuple[str, ...]) -> Entry | None:
        """Return the execution that a repair of the journal's is about; None for any other repair.

        Raises:
            CannotRun: when there is no such execution.
        """
        if repair not in ("undo", "resume"):
            return None
        number = finding.id.rpartition(":")[2] if finding is not None else "".join(arguments[:1])
        if not number.isascii() or not number.isdigit():
            return None
        return self.entry(int(number))

    def sql(self, app: str, name: str, dialects: Sequence[str] = ()) -> tuple[InDialect, ...]:
        """Return the SQL of one migration for some servers (`all` for every one), by default for the connected one.

        Nothing is connected to, or run; the connected server is told in its own version.

        Raises:
            CannotRun: when there is no such migration or server, or the SQL cannot be written.
        """
        from .reading.dialects import NAMES, CannotWrite, connected_name, server_named, write
        from .repairs import Impossible
        from .repairs.base import check_readable, find_migration

        situation, reader = self._situation(), self.reader
        own = connected_name(reader.connection) if reader.connected else None
        if not reader.project.ready or not reader.connected:
            raise CannotRun("The SQL of a migration is not known while the project cannot be loaded.")
        if not dialects and own is None:
            named = ", ".join(NAMES)
            raise CannotRun(f"The SQL of this database cannot be written here (--dialect can be: {named}).")
        try:
            names = [name for one in dialects for name in (NAMES if one == "all" else (server_named(one),))]
            key = find_migration(situation, app, name)
            if key not in situation.graph.files:
                raise CannotRun(f"There is no file of {app}.{key[1]}.")
            check_readable(situation, key)
            wanted = tuple(
                dict.fromkeys((*((own,) if own and (not names or "all" in dialects) else ()), *names))
            )
            return write(reader.project.info, reader.connection, key, wanted, situation.recorded)
        except KeyError as error:
            raise CannotRun(f"There is no dialect {error} (there is: {', '.join(NAMES)}, all).") from None
        except (Impossible, CannotWrite) as error:
            raise CannotRun(str(error)) from error

    def execute(self, plan: Plan, progress: Callable[[Ran], None] | None = None) -> Report:
        """Run a plan, in one transaction wherever that is possible, and say what became of it."""
        from .running.executor import execute

        try:
            journal = self._journal(plan.arrives)
            return execute(self.reader, plan, heard=progress, stop=self.stop.is_set, journal=journal)
        finally:
            # One that was interrupted may have come to its end by this.
            self._settled = {number: entry for number, entry in self._settled.items() if entry.finished}

    def dry_run(self, plan: Plan, progress: Callable[[Ran], None] | None = None) -> Report:
        """Run a plan and take it back, and say what would have become of it."""
        from .running.dry_run import dry_run

        return dry_run(self.reader, plan, heard=progress, stop=self.stop.is_set)

    def journal(self) -> tuple[Entry, ...]:
        """Return every execution on this database, the newest first."""
        return tuple(self._settled.get(entry.id, entry) for entry in self._journal().entries())

    def entry(self, number: int) -> Entry:
        """Return one execution on this database.

        Raises:
            CannotRun: when there is none of that number, or it cannot be read.
        """
        from .running.journal import JournalError

        if number in self._settled:
            return self._settled[number]
        try:
            return self._journal().entry(number)
        except JournalError as error:
            raise CannotRun(str(error)) from error

    def undo(self, number: int) -> Plan:
        """Return the plan that takes an execution back.

        Raises:
            Refused: when it cannot be taken back, with the reason.
            CannotRun: when there is no such execution.
        """
        return self.plan(None, "undo", (str(number),))

    def cancel(self) -> None:
        """Ask, from any thread, for the running work to stop; a statement inside a transaction is cut short.

        One that no transaction holds comes to its end: cut short, it would leave a part behind.
        """
        self.stop.set()
        reader = self._reader
        if reader is None or not reader.connected or not reader.connection.in_atomic_block:
            return
        driver = reader.connection.connection
        cut = getattr(driver, "cancel", None) or getattr(driver, "interrupt", None)
        if cut is not None:
            # The connection may be lost or closed at this very moment; then there is nothing to cut short.
            with suppress(Exception):
                cut()

    def pause(self) -> None:
        """Ask, from any thread, a replay that is running to stop for now; what was replayed is kept."""
        self.stop.set()

    def log(self) -> tuple[Ran, ...]:
        """Return every statement that went over the connection so far, reads included."""
        return tuple(self._log)

    def sessions(self) -> tuple[Session, ...]:
        """Return who else is connected to the database, and what they lock, as far as can be seen.

        Raises:
            CannotRun: when the server does not answer.
        """
        from django.db import Error

        reader = self.reader
        if not reader.connected:
            return ()
        try:
            return reader.database.sessions()
        except Error as error:
            raise CannotRun(reader.database.explain_error(error)) from error

    def rows(self, table: str) -> int | None:
        """Return the server's estimate of a table's rows, if it has one."""
        live = self._situation().live
        found = live.tables.get(table) if live is not None else None
        return found.rows if found is not None else None

    def replay(self, progress: Callable[[str, int, int], None], output: Path | None = None) -> str:
        """Replay the migrations now, write the effects to a file if one is named, and return what was done.

        Raises:
            CannotRun: when they cannot be replayed.
        """
        from .reading.replay import ReplayRefused, write_file

        reader = self.reader
        graph = self._guarded(reader.quick).graph
        if not reader.project.ready:
            raise CannotRun(" ".join(reader.project.info.errors))
        if not reader.may_replay(graph):
            raise CannotRun(
                "Migration files that cannot be read, or that do not fit together, cannot be replayed."
            )
        effects, why = reader.known_effects(graph)
        if effects is None:
            effects, why = reader.replay(graph, progress)
        if effects is None:
            raise CannotRun(why)
        if output is not None:
            try:
                write_file(output, reader.target(), graph)
            except (ReplayRefused, OSError) as error:
                raise CannotRun(f"{output} cannot be written: {error}") from error
        return f"The effects of {len(effects.migrations)} migrations are known."

    def close(self) -> None:
        """Close the connection."""
        if self._reader is not None and hasattr(self._reader, "connection"):
            self._reader.connection.close()

    def _proposer(self) -> Propose | None:
        """Return what makes migrations for changed models; None while the project cannot be loaded."""
        if not self.reader.project.ready:
            return None
        from .reading.proposals import propose

        reader = self.reader
        return partial(propose, self._situation().graph, reader.files.migrations, reader.project.info)

    def _overrider(self) -> ProposeOverride | None:
        """Return what makes the override of an app's migrations; None while the project cannot be loaded."""
        if not self.reader.project.ready:
            return None
        from .reading.overrides import propose_override

        return partial(propose_override, self.reader, self._situation())

    def _updater(self) -> ProposeUpdate | None:
        """Return what brings an override up to date; None while the project cannot be loaded."""
        if not self.reader.project.ready:
            return None
        from .reading.override_updates import propose_update

        return partial(propose_update, self.reader)

    def _settings_files(self) -> tuple[TextFile, ...]:
        """Return the files that the settings are written in, as they are now."""
        from .reading.settings_files import settings_files

        return settings_files(self.reader.project)

    def _situation(self) -> Situation:
        if self.reading is None:
            raise CannotRun("The database has not been read yet.")
        return self.reading.situation
