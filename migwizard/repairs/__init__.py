"""Repairs: each turns a finding, or the user's choice, into a plan."""

from __future__ import annotations

from ..core.plan import Plan
from ..core.situation import Situation
from . import (
    align_schema,
    fake,
    fake_initial,
    finish,
    finish_squash,
    make_migration,
    merge,
    migrate,
    prune,
    rebase,
    record_squash,
    remove_duplicates,
    rename_record,
    repair_history,
    restore_file,
    resume,
    rollback,
    set_default_schema,
    squash_override,
    take_back,
    undo,
    unfake,
    update_override,
)
from .base import Impossible, Info, Request, Uncertain, WrongArguments

REPAIRS = (
    repair_history,
    fake,
    fake_initial,
    unfake,
    migrate,
    finish,
    take_back,
    rollback,
    align_schema,
    restore_file,
    prune,
    rename_record,
    remove_duplicates,
    merge,
    rebase,
    make_migration,
    record_squash,
    finish_squash,
    set_default_schema,
    squash_override,
    update_override,
    resume,
    undo,
)
"""In the order in which they are shown."""


def info(name: str) -> Info | None:
    """Return what is known of a repair, or None if there is none of that name."""
    return next((repair.INFO for repair in REPAIRS if repair.INFO.name == name), None)


def make_plan(situation: Situation, name: str, request: Request) -> Plan:
    """Return the plan of a repair.

    Raises:
        Impossible: when there is no such repair, or it cannot be planned here, for the reason given in one sentence.
    """
    for repair in REPAIRS:
        if repair.INFO.name == name:
            if request.finding is not None and not request.finding.confirmed:
                raise Uncertain("What the finding says")
            surplus = request.arguments[len(repair.INFO.arguments.split()) :]
            if surplus:
                takes = repair.INFO.arguments or "no arguments"
                raise WrongArguments(f"{name} takes {takes}; '{surplus[0]}' is too much.")
            plan: Plan = repair.plan(situation, request)
            return plan
    known = ", ".join(repair.INFO.name for repair in REPAIRS)
    raise WrongArguments(f"There is no repair '{name}' (there is: {known}).")


__all__ = ["REPAIRS", "Impossible", "Info", "Request", "Uncertain", "WrongArguments", "info", "make_plan"]
