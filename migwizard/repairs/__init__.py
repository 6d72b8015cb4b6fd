"""Repairs: each turns a finding, or the user's choice, into a plan."""

from __future__ import annotations

from ..core.plan import Plan
from ..core.situation import Situation
from . import (
    add_app,
    align_schema,
    create_schema,
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
    recreate_schema,
    remove_app,
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
from .base import Impossible, Info, NothingToDo, Request, Uncertain, WrongArguments

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
    add_app,
    remove_app,
    create_schema,
    recreate_schema,
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
            check_schema(situation, plan)
            return plan
    known = ", ".join(repair.INFO.name for repair in REPAIRS)
    raise WrongArguments(f"There is no repair '{name}' (there is: {known}).")


def check_schema(situation: Situation, plan: Plan) -> None:
    """Raise Impossible for a plan that would write where a tenant has no schema: it would land in the public one."""
    tenant = situation.tenant
    if tenant is None or tenant.exists or plan.repair == create_schema.INFO.name:
        return
    if any(step.kind in ("sql", "operation", "record") for step in plan.steps):
        raise Impossible(
            f"The schema {tenant.schema} is not there, so everything would end up in another one;"
            f" {create_schema.INFO.name} makes it."
        )


__all__ = [
    "REPAIRS",
    "Impossible",
    "Info",
    "NothingToDo",
    "Request",
    "Uncertain",
    "WrongArguments",
    "info",
    "make_plan",
]
