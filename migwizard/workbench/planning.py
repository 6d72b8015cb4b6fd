"""What can be done about a situation, and how."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ..core.finding import Finding
from ..core.graph import Key
from ..core.journal import Entry
from ..core.plan import Plan
from .answers import ActionOffer, CannotRun, Needless, Reading, Refused, Unreplayed
from .looking import Looking

if TYPE_CHECKING:
    from ..core.sources.override import ProposeOverride, ProposeUpdate
    from ..core.sources.proposal import Propose
    from ..core.sources.text_file import TextFile


@dataclass
class Planning(Looking):
    """One project and one database, with the plans of repairs."""

    def actions(self, key: Key | None, finding: Finding | None) -> tuple[ActionOffer, ...]:
        """Return every action on a selection, also those that are not possible now, with the reason.

        A key without a name selects a whole app. An action whose arguments the selection does not give is offered
        as one that wants them.
        """
        from ..repairs import REPAIRS, Impossible, Request, WrongArguments, make_plan

        situation = self._situation()
        request = Request(
            None, propose=self._proposer(), update=self._updater(), files=self._settings_files()
        )
        offers = []
        for repair in REPAIRS:
            info = repair.INFO
            arguments = self._given(info.arguments, key)
            offer = ActionOffer(info.name, info.title, info.safety, "", arguments, info.arguments)
            needed = sum(not word.startswith("[") for word in info.arguments.split())
            try:
                if len(arguments) < needed:
                    raise WrongArguments
                plan = make_plan(situation, info.name, replace(request, arguments=arguments))
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
        from ..repairs import Impossible, NothingToDo, Request, Uncertain, WrongArguments, make_plan
        from ..running.preview import with_sql

        if schema := self._elsewhere(finding):
            with self._beside(schema) as reading:
                own = next((one for one in reading.findings if finding and one.id == finding.id), None)
                if own is None:
                    raise Needless(f"It is not so in {schema} any more.")
                return replace(self.plan(own, repair, arguments, settings), schema=schema)
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
                    self._counted,
                    os.path.isfile,
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

    def undo(self, number: int) -> Plan:
        """Return the plan that takes an execution back.

        Raises:
            Refused: when it cannot be taken back, with the reason.
            CannotRun: when there is no such execution.
        """
        return self.plan(None, "undo", (str(number),))

    def _elsewhere(self, finding: Finding | None) -> str:
        """Return the schema that a finding is about, where it is a tenant's beside the one that was read."""
        schema = finding.subject.schema if finding is not None else None
        if schema is None or self.reader.tenants is None or schema == self.reader.info.schema:
            return ""
        return schema

    @contextmanager
    def _beside(self, schema: str) -> Iterator[Reading]:
        """Look at another schema for a while, and yield what is found there."""
        with self.turning():
            self.turn_to(schema)
            yield self.read()

    def _given(self, takes: str, key: Key | None) -> tuple[str, ...]:
        """Return what a selection gives of the arguments that an action takes.

        Where another word can stand for the migration (`MIGRATION|zero`) it is a place to go to, not what is
        selected.
        """
        words = [word.strip("[]") for word in takes.split()]
        if key is None or words[:1] != ["APP"]:
            return ()
        return key if words[1:2] in (["MIGRATION"], ["SQUASH"]) and key[1] else key[:1]

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

    def _proposer(self) -> Propose | None:
        """Return what makes migrations for changed models; None while the project cannot be loaded."""
        if not self.reader.project.ready:
            return None
        from ..reading.proposals import propose

        reader = self.reader
        return partial(propose, self._situation().graph, reader.files.migrations, reader.project.info)

    def _overrider(self) -> ProposeOverride | None:
        """Return what makes the override of an app's migrations; None while the project cannot be loaded."""
        if not self.reader.project.ready:
            return None
        from ..reading.overrides import propose_override

        return partial(propose_override, self.reader, self._situation())

    def _updater(self) -> ProposeUpdate | None:
        """Return what brings an override up to date; None while the project cannot be loaded."""
        if not self.reader.project.ready:
            return None
        from ..reading.override_updates import propose_update

        return partial(propose_update, self.reader)

    def _counted(self, tables: Sequence[str]) -> Mapping[str, int | None]:
        """Return the rows of some tables, counted now; None where that takes too long, or is not allowed."""
        from ..core.plan import Loss
        from ..reading.connected import CannotRead
        from ..running.losing import counted

        asked = Plan("count", "", "safe", (), loses=tuple(Loss(name) for name in tables))
        try:
            with self.reader.moment():
                return {loss.table: loss.rows for loss in counted(self.reader.connection, asked).loses}
        except CannotRead:
            return {}

    def _settings_files(self) -> tuple[TextFile, ...]:
        """Return the files that the settings are written in, as they are now."""
        from ..reading.settings_files import settings_files

        return settings_files(self.reader.project)
