"""What the migrations do, as a replay of them has seen it: kept from earlier, made elsewhere, or made now."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.graph import Graph, Key
from ..core.truths.effects import Effects
from .connected import Connected

if TYPE_CHECKING:
    from .files import Files
    from .replay import Target

Progress = Callable[[str, int, int], None]
"""Called with what is being done, and how far (both numbers 0 when that is not known)."""


class Replaying(Connected):
    """A project whose migrations can be replayed for its database."""

    files: Files
    cancel: threading.Event
    """Set from any thread to stop a replay that is running."""

    def known_effects(self, graph: Graph) -> tuple[Effects | None, str]:
        """Return the effects replayed earlier or elsewhere, or None and why there are none."""
        from .replay import cached_effects, load_file

        if self.options.replay_file is not None:
            try:
                effects = load_file(self.options.replay_file, graph, self.target().salt)
            except Exception as error:
                return None, f"The replay file cannot be used: {error}"
            if effects is not None and not effects.failure and len(effects.migrations) == len(graph.nodes):
                return effects, ""
            return None, "The replay file does not cover the migrations as they are now."
        if any(self.files.files[key].error for key in graph.nodes) or graph.missing or graph.cycles:
            return (
                None,
                "Migration files that cannot be read, or that do not fit together, cannot be replayed.",
            )
        cached = cached_effects(self.target(), graph)
        if cached is not None and not cached.failure and len(cached.migrations) == len(graph.nodes):
            return cached, ""
        return None, "The migrations have not been replayed."

    def target(self) -> Target:
        """Return what is replayed, and where."""
        from django.db import connections

        from .replay import for_tenants, target

        shadow = connections[self.options.shadow] if self.options.shadow else None
        whole = target(
            Path(self.project.info.root), self.project.info.settings, self.connection, shadow=shadow
        )
        if self.tenants is None or self.tenant is None:
            return whole
        public = (self.tenants.public.kind, self.tenants.public_schema)
        kind = self.tenant.kind
        return for_tenants(whole, kind, public, kind if self.tenants.type_field else "")

    def may_replay(self, graph: Graph) -> bool:
        """Tell whether a replay may and can be started."""
        broken = any(self.files.files[key].error for key in graph.nodes) or graph.missing or graph.cycles
        return (
            self.options.replay
            and not self.options.read_only
            and self.options.replay_file is None
            and self.project.ready
            and not broken
        )

    def replay(self, graph: Graph, progress: Progress) -> tuple[Effects | None, str]:
        """Replay the migrations in a scratch database; return their effects, or None and why not."""
        from .replay import ReplayCancelled, ReplayRefused, replay

        def told(done: int, total: int, key: Key | None) -> None:
            progress("replaying", done, total)

        try:
            effects = replay(self.target(), graph, progress=told, cancel=self.cancel)
        except (ReplayRefused, ReplayCancelled) as error:
            return None, f"The migrations were not replayed: {error}"
        if effects.failure:
            where = ".".join(effects.failed_at) if effects.failed_at else "the start"
            return None, f"The replay stopped at {where}: {effects.failure}"
        return effects, ""
