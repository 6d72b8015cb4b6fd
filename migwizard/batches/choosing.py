"""What is meant by what was typed: schemas by name, equal ones, a type of tenants or all; and the task for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..core.tenants import Overview, Role
from ..core.tenants.batch import Task
from ..workbench import CannotRun

ALL = "all"
GROUP, TYPE = "group:", "type:"
ROLES: tuple[Role, ...] = ("public", "tenant", "template")
"""The roles of the schemas that `all` means: one without a tenant has to be named."""


class NoSuchSchema(Exception):
    """What was typed means no schema; the text says so in one sentence."""


def chosen(values: Iterable[str], overview: Overview | None) -> tuple[str, ...]:
    """Return the schemas that are meant, each once: the public one first, then as they were named.

    Each value is `all`, `group:NAME` (every schema that holds the same as this one), `type:NAME` (every tenant of a
    type), a name, or several of these with commas between them. A name that has a comma in it is taken as a whole.

    Raises:
        NoSuchSchema: when a value means none.
    """
    known = {tenant.schema for tenant in overview.tenants} if overview is not None else set()
    found: dict[str, None] = {}
    for value in values:
        parts = [value] if value in known else [part for part in value.split(",") if part]
        for part in parts:
            found.update(dict.fromkeys(_meant(part, overview)))
    if not found:
        raise NoSuchSchema("No schema is named.")
    public = overview.settings.public_schema if overview is not None else None
    return tuple(sorted(found, key=lambda schema: schema != public))


def _meant(part: str, overview: Overview | None) -> Iterator[str]:
    """Yield the schemas that one part means."""
    if overview is None:
        if part == ALL or part.startswith((GROUP, TYPE)):
            raise NoSuchSchema(
                f"'{part}' means tenants, and this project does not use django-tenants with this database;"
                " name the schemas."
            )
        yield part
        return
    if overview.tenant(part) is not None:
        yield part
    elif part == ALL:
        if not overview.listed and overview.of("ownerless"):
            # Where no schema but the public one has a history, nobody can be a tenant yet.
            raise NoSuchSchema(f"Nobody knows which schemas there are: {overview.why_not}")
        yield from (tenant.schema for tenant in overview.of(*ROLES))
    elif part.startswith(GROUP):
        group = overview.group_of(part.removeprefix(GROUP))
        if group is None:
            raise NoSuchSchema(f"There is no schema '{part.removeprefix(GROUP)}' (see migwizard tenants).")
        yield from group.schemas
    elif part.startswith(TYPE):
        kind = part.removeprefix(TYPE)
        if overview.settings.set_of(kind) is None:
            kinds = ", ".join(apps.kind for apps in overview.settings.sets)
            raise NoSuchSchema(f"There is no type '{kind}' (there is: {kinds}).")
        yield from (tenant.schema for tenant in overview.of(*ROLES) if tenant.kind == kind)
    else:
        raise NoSuchSchema(
            f"There is no schema '{part}', and no tenant of that name (see migwizard tenants)."
        )


def check_named(task: Task) -> None:
    """Raise CannotRun unless a task names a finding or an action that there can be."""
    from ..diagnoses import DIAGNOSES
    from ..repairs import info

    if not task.what or info(task.what[0]) is not None:
        return
    if task.what[0].partition(":")[0] not in {one.INFO.name for one in DIAGNOSES}:
        raise CannotRun(f"There is no finding and no action '{task.what[0]}'.")
    if len(task.what) > 1:
        raise CannotRun(f"A finding takes no arguments: '{task.what[1]}'.")
