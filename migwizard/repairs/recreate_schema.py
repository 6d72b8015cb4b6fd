"""Drop the broken schema of a tenant with everything in it, and make it anew as `create-schema` does.

## What it does
Drops the schema, makes it again, and runs all migrations in it, in one transaction. It is for a schema that nothing
else mends, and that holds nothing which anybody would miss.

## What it asks
Where any table holds rows that migrations do not make again: the name of the schema (`--set name=SCHEMA`) and where its
dump is (`--set dump=PATH`), a file that is there. What is in the dump is not looked at.

## What it refuses
The public schema, and one that belongs to no tenant. It cannot be taken back: rows come back from the dump alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..core.plan import Loss, Plan, Question, Step
from ..core.rights.granting import Change, statement
from ..core.schema.names import named
from ..core.situation import Situation
from ..core.tenants.from_zero import from_zero
from . import migrate
from .base import Impossible, Info, Request, action, finding_id, risks_of
from .signals import SYNCED

INFO = Info("recreate-schema", "Make the schema of a tenant anew", "", "careful")

REMADE = frozenset(("django_migrations", "django_content_type", "auth_permission"))
"""Tables whose rows are made again with the schema."""


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when the schema is not there, is not a tenant's, or was not read.
    """
    schema = broken(situation)
    rows = counted(situation, request)
    filled = {name: number for name, number in rows.items() if number != 0}
    whole = migrate.plan(from_zero(situation), Request())
    asks = tuple(questions(schema, request)) if filled else ()
    refusal = next((why for why in refusals(asks, schema) if filled), whole.refusal)
    steps = (anew(situation, schema), *whole.steps, SYNCED)
    return Plan(
        INFO.name,
        f"Drop the schema {schema} and make it anew",
        "destructive" if filled else INFO.safety,
        steps,
        finding_id(request),
        action(INFO, request),
        anew=True,
        fingerprint=situation.fingerprint,
        loses=tuple(Loss(name, None, number) for name, number in rows.items()),
        asks=asks,
        risks=(
            "It cannot be taken back: what is in the schema now comes back from a dump alone.",
            "Views, functions and whatever else no migration made go with it.",
            *risks_of(situation, steps),
        ),
        refusal=refusal,
    )


def broken(situation: Situation) -> str:
    """Return the name of the schema. Raises Impossible where it is not one that may be made anew."""
    tenant = situation.tenant
    if tenant is None:
        raise Impossible("The project does not use django-tenants with this database.")
    if tenant.role != "tenant":
        raise Impossible(f"{tenant.schema} is not the schema of a tenant, so it is never dropped.")
    if tenant.creating:
        raise Impossible(f"Somebody is at work on the schema {tenant.schema}: {tenant.creating}.")
    if not tenant.exists:
        raise Impossible(f"There is no schema {tenant.schema}; create-schema makes it.")
    if situation.live is None:
        raise Impossible(f"Nobody knows what is in the schema {tenant.schema}: {situation.why_not}")
    return tenant.schema


def counted(situation: Situation, request: Request) -> Mapping[str, int | None]:
    """Return the rows of each table that would be lost; None where they could not be counted."""
    tables = situation.live.tables if situation.live is not None else {}
    names = tuple(sorted(name for name in tables if name not in REMADE))
    known = request.count(names) if request.count is not None else {}
    return {name: known.get(name) for name in names}


def questions(schema: str, request: Request) -> Iterator[Question]:
    """Yield what is asked before rows are lost, with the answers that count."""
    name, dump = request.settings.get("name"), request.settings.get("dump")
    yield Question("name", "What is the name of the schema?", answer=name if name == schema else None)
    there = dump is not None and request.is_file is not None and request.is_file(dump)
    yield Question("dump", "Which file is its dump?", answer=dump if there else None)


def refusals(asks: tuple[Question, ...], schema: str) -> Iterator[str]:
    """Yield why the plan cannot be run as it is answered."""
    told = {
        "name": f"The schema holds rows: answer with its name, --set name={schema}.",
        "dump": "The schema holds rows: say where its dump is, a file that is there, --set dump=PATH.",
    }
    yield from (told[question.key] for question in asks if question.answer is None)


def anew(situation: Situation, schema: str) -> Step:
    """Return the step that drops the schema and makes it again."""
    vendor = situation.database.vendor
    return Step(
        "sql",
        f"Whatever is in the schema {schema} goes, so that everything can be made from the beginning.",
        sql=(
            f"DROP SCHEMA {named(schema, vendor)} CASCADE",
            statement(Change("schema", schema=schema), vendor, situation.database.name),
        ),
        undo="Not at all; what was in it comes back from its dump alone.",
        command="none: django-tenants makes a schema with a new tenant only",
    )
