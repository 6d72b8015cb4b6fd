"""The override of an app, proposed for the project and the database that are open; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from django.apps import apps
from django.db import Error, models

from ..core.graph import Graph
from ..core.graph.build import build
from ..core.schema import Table
from ..core.situation import Situation
from ..core.sources.override import OverrideProposal
from ..databases.base import ShadowRefused
from .connected import CannotRead
from .overriding import Work, propose
from .overriding.dialect import dialect_of
from .overriding.trial import refuted
from .reader import Reader
from .settings_files import effective
from .shadow import Shadow

LENGTH = {"microsoft": "LEN", "mysql": "CHAR_LENGTH"}


def propose_override(
    reader: Reader, situation: Situation, app: str, module: str, answers: Mapping[str, str]
) -> OverrideProposal:
    """Return the override of an app, with what of the app is in the database already."""
    files, project = reader.files, reader.project
    graph = build(files.files, (), files.unmigrated, nested_squashes=project.info.nested_squashes)
    package = next((one.module or "" for one in project.packages if one.label == app), "")
    dialect = dialect_of(reader.connection)
    longest = dict(lengths(reader, situation, app)) if dialect.vendor in LENGTH else {}
    work = Work(app, package, graph, files.migrations, project.info, dialect, answers, longest)
    proposal = propose(work, module)
    failure = proposal.failure or refuted(project, proposal, graph, files.migrations)
    if failure:
        return replace(proposal, failure=failure)
    tables = frozenset(made_by(situation, app))
    filled = frozenset(with_rows(reader, situation, tables))
    chosen = effective(reader.settings_files)
    return replace(
        proposal,
        settings=(chosen,) if chosen is not None else (),
        tables=tables,
        filled=filled,
        shapes=shapes(reader, graph, tables) if filled else {},
    )


def made_by(situation: Situation, app: str) -> Iterator[str]:
    """Yield the names that the tables of an app have had."""
    for lineage in situation.lineages:
        if lineage.versions[0].operation[0][0] == app:
            yield from lineage.names()


def with_rows(reader: Reader, situation: Situation, tables: frozenset[str]) -> Iterator[str]:
    """Yield the tables that have rows; one that cannot be looked into is taken for one that has."""
    live = situation.live.tables if situation.live is not None else {}
    for name in sorted(tables & live.keys()):
        quoted = ".".join(reader.database.quoted(part) for part in name.split("."))
        try:
            with reader.moment(), reader.connection.cursor() as cursor:
                cursor.execute(f"SELECT CASE WHEN EXISTS (SELECT 1 FROM {quoted}) THEN 1 ELSE 0 END", None)
                if cursor.fetchone()[0]:
                    yield name
        except (CannotRead, Error):
            yield name


def shapes(reader: Reader, graph: Graph, tables: frozenset[str]) -> dict[str, Table]:
    """Return the tables as the app's last migration leaves them; none where nothing may be built to see it."""
    if reader.options.read_only and reader.database.vendor != "sqlite":
        return {}
    try:
        built = Shadow(graph, reader.files.migrations, reader.database).expected(frozenset(graph.nodes))
    except ShadowRefused:
        return {}
    return {name: table for name, table in built.tables.items() if name in tables}


def lengths(reader: Reader, situation: Situation, app: str) -> Iterator[tuple[str, int]]:
    """Yield `model.field` with the length of its longest value, for each TextField of an app whose column is there."""
    live = situation.live.tables if situation.live is not None else {}
    quote, function = reader.database.quoted, LENGTH[reader.connection.vendor]
    for model in apps.get_app_config(app).get_models() if app in apps.app_configs else ():
        table = live.get(model._meta.db_table)
        for field in model._meta.local_fields:
            if (
                table is None
                or not isinstance(field, models.TextField)
                or table.column(str(field.column)) is None
            ):
                continue
            sql = f"SELECT MAX({function}({quote(str(field.column))})) FROM {quote(model._meta.db_table)}"
            try:
                with reader.moment(), reader.connection.cursor() as cursor:
                    cursor.execute(sql, None)
                    yield f"{model._meta.model_name}.{field.name}", int(cursor.fetchone()[0] or 0)
            except (CannotRead, Error):
                continue
