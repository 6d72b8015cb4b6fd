"""What a workbench answers, and what it says where it cannot."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.finding import Finding, Safety
from ..core.situation import Situation


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
