"""Holds the live schema against what the migrations make: the three truths together."""

from __future__ import annotations

from dataclasses import replace

from ..core.drift.doubts import doubted
from ..core.graph import Graph, Key, Record
from ..core.graph.squashes import stuck
from ..core.schema import Snapshot, Table
from ..core.situation import Compared, MigrationTruth, Situation
from ..core.truths.effects import Effects
from ..core.truths.lineage import Lineage, OperationKey, from_effects
from ..core.truths.verdicts import drifts_of, examine, expected_table, testify_all
from .assembling import Assembling, Version, version_of
from .replaying import Progress


class Comparing(Assembling):
    """A project and a database, with what their comparison says."""

    _effects: tuple[Version, Effects] | None = None

    def situation(
        self,
        records: tuple[Record, ...] | None,
        live: Snapshot | None,
        progress: Progress,
        *,
        fresh_replay: bool,
        why_not: str = "",
    ) -> Situation:
        """Put the three truths together from what was read of the database; `why_not` is why it has no schema."""
        if live is None:
            return self._situation(records, None, why_not=why_not)
        graph = self.graph(records)
        effects, why = self._known_effects(graph)
        if effects is not None:
            return self._compare(graph, records, live, from_effects(effects), "replayed", "", effects)
        progress("modelling the schema", 0, 0)
        situation = self._modelled(graph, records, live, why)
        if not (fresh_replay and situation.hangs_on_replay and self.may_replay(graph)):
            return situation
        effects, why = self.replay(graph, progress)
        if effects is None:
            return replace(situation, why_not=why)
        return self._compare(graph, records, live, from_effects(effects), "replayed", "", effects)

    def _stuck(
        self, situation: Situation, progress: Progress, *, fresh_replay: bool
    ) -> tuple[MigrationTruth, ...]:
        """Return what the schema says of squashes for which there is no way forward."""
        graph = situation.graph
        keys = stuck(graph, situation.recorded)
        if not keys or situation.live is None:
            return ()
        ignored = {*keys, *(old for key in keys for old in graph.files[key].replaces)}
        records = tuple(record for record in situation.records if record.key not in ignored)
        as_if = self.situation(records, situation.live, progress, fresh_replay=fresh_replay)
        return tuple(row for row in as_if.migrations if row.key in keys)

    def _known_effects(self, graph: Graph) -> tuple[Effects | None, str]:
        """Return the effects replayed earlier or elsewhere, read once as long as the files stay as they are."""
        version, why = version_of(graph), ""
        if self._effects is None or self._effects[0] != version:
            effects, why = self.known_effects(graph)
            self._effects = (version, effects) if effects is not None else None
        return (self._effects[1], "") if self._effects is not None else (None, why)

    def _modelled(
        self, graph: Graph, records: tuple[Record, ...] | None, live: Snapshot, why: str
    ) -> Situation:
        from ..databases.base import ShadowRefused
        from .modelled import model

        if self.options.read_only and self.database.vendor != "sqlite":
            return self._situation(
                records, live, why_not="Nothing may be created to compare with (--read-only)."
            )
        try:
            modelled = model(
                graph,
                self.files.migrations,
                self.database,
                live,
                operations(graph, graph.effective),
                self.tenants.shared_with(self.tenant) if self.tenants is not None else "",
            )
        except ShadowRefused as error:
            return self._situation(records, live, why_not=str(error))
        situation = self._compare(graph, records, live, modelled.lineages, "modelled", why, None)
        return situation if situation.hangs_on_replay else replace(situation, why_not="")

    def _compare(
        self,
        graph: Graph,
        records: tuple[Record, ...] | None,
        live: Snapshot,
        lineages: tuple[Lineage, ...],
        compared: Compared,
        why: str,
        effects: Effects | None,
    ) -> Situation:
        applied = operations(graph, graph.effective)
        ignored = self._unmanaged() | {"django_migrations"}
        if effects is not None:
            ignored |= {change.after for change in effects.signals if change.after}
        verdicts = examine(lineages, live, applied, graph, frozenset(ignored))
        unknown = frozenset(key for key in graph.nodes if key not in self.files.migrations)
        rows = testify_all(graph, records or (), verdicts, unknown)
        recorded = frozenset(record.key for record in records or ())
        drifts = doubted(drifts_of(verdicts, rows, lineages, applied), graph, recorded, lineages)
        if compared == "modelled":
            # What a constraint came to be called depends on how the table became what it is; only a replay knows.
            drifts = tuple(
                drift for drift in drifts if drift.kind not in ("index-renamed", "constraint-renamed")
            )
        expected: dict[str, Table] = {}
        for lineage in lineages:
            table = expected_table(lineage, applied)
            if table is not None:
                expected[table.name] = table
        managed = frozenset(name for lineage in lineages for name in lineage.names()) | ignored
        base = self._situation(records, live, rows=rows, why_not=why)
        return replace(
            base, compared=compared, expected=expected, drifts=drifts, managed=managed, lineages=lineages
        )


def operations(graph: Graph, keys: frozenset[Key]) -> frozenset[OperationKey]:
    """Return the operations of some migrations."""
    return frozenset(
        (key, index)
        for key in keys
        if key in graph.files
        for index in range(len(graph.files[key].operations))
    )
