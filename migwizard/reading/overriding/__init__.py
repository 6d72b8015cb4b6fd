"""A package of the project's own that replaces an app's migrations, made without writing it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation

from ...core.graph import Graph, Key, MigrationFile
from ...core.plan import Question
from ...core.situation import ProjectInfo
from ...core.sources.override import Code, Original, OverrideProposal, provenance_lines
from ...core.sources.segments import segments
from ...core.sources.text_file import TextFile
from . import codes, dialect, final, joined, writing
from .places import NoPlace, distribution_of, package_files, proposed_module

NAME = re.compile(r"[^\W_][\w.+-]*")
"""Names that can stand in a docstring and in a comment."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an override is made from, and for."""

    app: str
    package: str
    """Dotted name of the package of the original migrations."""
    graph: Graph
    """As on an empty database."""
    migrations: Mapping[Key, Migration]
    project: ProjectInfo
    dialect: dialect.Dialect
    answers: Mapping[str, str]
    longest: Mapping[str, int]
    """How long the longest values are, by `model.field`."""

    @property
    def nodes(self) -> tuple[Key, ...]:
        """The app's migrations in the order of application."""
        return tuple(key for key in self.graph.nodes if key[0] == self.app)

    @property
    def files(self) -> tuple[MigrationFile, ...]:
        """The app's files, those that are replaced included, by name."""
        return tuple(
            sorted((f for f in self.graph.files.values() if f.app == self.app), key=lambda f: f.name)
        )


def propose(work: Work, module: str) -> OverrideProposal:
    """Return the override of an app, not yet tried; `module` may be empty for one that fits."""
    module = module or proposed_module(work.project, work.app)
    refusal = unfit(work)
    if refusal:
        return OverrideProposal(work.app, module, failure=refusal)
    try:
        folder, around = package_files(work.project, module)
        found = codes.codes(work.graph.files, work.migrations, work.nodes, work.answers)
        return drafted(work, module, folder, around, found)
    except (NoPlace, codes.WrongAnswer, dialect.WrongLength, writing.Unwritable) as error:
        return OverrideProposal(work.app, module, failure=str(error))


def unfit(work: Work) -> str:
    """Return why no override can be made of an app's migrations, in one sentence; empty when one can."""
    if not work.nodes:
        return f"The app {work.app} has no migrations."
    broken = [file for file in work.files if file.error is not None]
    if broken:
        return f"Nobody knows what {work.app}.{broken[0].name} does: {(broken[0].error or '').rstrip('.')}."
    if work.graph.missing or work.graph.cycles:
        return "The migration files do not fit together; repair the graph first."
    if len(work.graph.leaves(work.app)) > 1:
        return f"The app {work.app} has several last migrations; join them first (merge {work.app})."
    odd = [file.name for file in work.files if not NAME.fullmatch(file.name) or not file.source]
    return f"{work.app}.{odd[0]} cannot be named or copied in Python." if odd else ""


def drafted(
    work: Work, module: str, folder: str, around: tuple[TextFile, ...], found: tuple[Code, ...]
) -> OverrideProposal:
    """Return the proposal with its files."""
    kept = tuple(code for code in found if code.kept)
    parts = apart(work, segments(work.graph, work.app), found, kept)
    adapted = tuple(
        dialect.adapted(one, work.dialect, work.answers, work.longest)
        for one in made(work, parts, found, kept)
    )
    found = joined_away(work, found, adapted)
    sources = writing.Sources(
        work.package,
        {file.name: file.source for file in work.files},
        {
            id(operation): (key, index)
            for key in work.nodes
            for index, operation in enumerate(work.migrations[key].operations)
        },
    )
    distribution, version = distribution_of(work.package)
    files: list[TextFile] = []
    names: list[str] = []
    copies: set[str] = set()
    for number, part in enumerate(parts):
        names.append(name_of(work, part, names))
        notes = adapted[number].notes
        head = docstring(work, part, found, notes, (distribution, version), last=number == len(parts) - 1)
        draft = draft_of(work, parts, number, names, head, adapted[number].operations)
        text, used = writing.written(draft, sources, work.project.django)
        files.append(TextFile(os.path.join(folder, f"{names[-1]}.py"), text))
        copies |= used
    for name in sorted(copies):
        text = writing.copied(name, sources.texts[name], work.package)
        files.append(TextFile(os.path.join(folder, f"{writing.alias(name)}.py"), text))
    lengths: tuple[Question, ...] = tuple(question for one in adapted for question in one.questions)
    return OverrideProposal(
        work.app,
        module,
        tuple((work.app, name) for name in names),
        tuple(key for part in parts for key in replaced(work, part, part is parts[-1])),
        (*around, *files),
        found,
        (*codes.questions(found, work.migrations), *lengths),
        tuple(dict.fromkeys(note for one in adapted for note in one.notes)),
        distribution=distribution,
        version=version,
    )


def joined_away(work: Work, found: Sequence[Code], adapted: Sequence[dialect.Adapted]) -> tuple[Code, ...]:
    """Return the codes, those not kept that became one with the operation which makes their table."""
    there = {id(operation) for one in adapted for operation in one.operations}
    return tuple(
        replace(code, kept=False, why="It is one with what makes its table.")
        if code.kept and id(work.migrations[code.key].operations[code.index]) not in there
        else code
        for code in found
    )


def made(
    work: Work, parts: Sequence[Sequence[Key]], found: Sequence[Code], kept: Sequence[Code]
) -> tuple[tuple[Operation, ...], ...]:
    """Return the operations of each part.

    Where all code can be spared, everything is made as it is in the end. What has to run at its place needs the tables
    as they are there, so then the operations are only joined.
    """
    if not kept:
        return final.operations(work.graph, work.migrations, work.app, parts)
    dropped = frozenset((code.key, code.index) for code in found if not code.kept)
    return joined.operations(work.migrations, work.app, parts, dropped)


def apart(
    work: Work, parts: Sequence[Sequence[Key]], found: Sequence[Code], kept: Sequence[Code]
) -> tuple[tuple[Key, ...], ...]:
    """Return the parts, cut where one migration cannot do it all.

    What no transaction may hold is in one of its own. So is code that stays, where tables are altered behind it: Django
    makes many an index and constraint only at the end of a migration, and PostgreSQL alters no table as long as
    triggers are pending for rows that the same transaction has written (55006).
    """
    alone = {code.key for code in kept if not work.graph.files[code.key].atomic}
    first = {code.key for code in kept if code.key in alone} | behind(work, parts, found, kept)
    cut: list[tuple[Key, ...]] = []
    for part in parts:
        run: list[Key] = []
        for key in part:
            if run and (key in first or run[-1] in first):
                cut.append(tuple(run))
                run = []
            run.append(key)
        cut.append(tuple(run))
    return tuple(cut)


def behind(
    work: Work, parts: Sequence[Sequence[Key]], found: Sequence[Code], kept: Sequence[Code]
) -> set[Key]:
    """Return the migrations with code that stays, behind which something is altered in the same part."""
    if not kept:
        return set()
    codes_by_id = {id(work.migrations[code.key].operations[code.index]): code.key for code in kept}
    keys: set[Key] = set()
    for operations in made(work, parts, found, kept):
        altered = False
        for operation in reversed(operations):
            if altered and id(operation) in codes_by_id:
                keys.add(codes_by_id[id(operation)])
            altered = altered or joined.alters(operation)
    return keys


def name_of(work: Work, part: Sequence[Key], taken: Sequence[str]) -> str:
    """Return the name of the migration that a part becomes, as `squashmigrations` would name it."""
    number = re.match(r"\d+", part[0][1])
    wanted = f"{number[0] if number else f'{len(taken) + 1:04}'}_squashed_{part[-1][1]}"
    known = {*taken, *(file.name for file in work.files)}
    name, count = wanted, 1
    while name in known:
        count += 1
        name = f"{wanted}_{count}"
    return name


def replaced(work: Work, part: Sequence[Key], last: bool) -> tuple[Key, ...]:
    """Return the originals that a part replaces: with each squash what it replaces, as far as it has a file or a name.

    What nothing can name any more is left out: a database need not have it recorded.
    """
    named = {key for file in work.graph.files.values() for key in (*file.dependencies, *file.run_before)}
    found: dict[Key, None] = {}
    for key in part:
        for other in within(work, key):
            if other in work.graph.files or other in named:
                found[other] = None
        found[key] = None
    if last:
        found |= {file.key: None for file in work.files if file.key not in all_of(work)}
    return tuple(found)


def within(work: Work, key: Key) -> tuple[Key, ...]:
    """Return what a migration replaces, through squashes that it replaces."""
    found: dict[Key, None] = {}
    todo = list(work.graph.files[key].replaces)
    while todo:
        other = todo.pop(0)
        if other not in found and other != key:
            found[other] = None
            todo += work.graph.files[other].replaces if other in work.graph.files else ()
    return tuple(found)


def all_of(work: Work) -> frozenset[Key]:
    """Return everything that the app's migrations in the graph stand for."""
    return frozenset(work.nodes).union(*(within(work, key) for key in work.nodes))


def draft_of(
    work: Work,
    parts: Sequence[Sequence[Key]],
    number: int,
    names: Sequence[str],
    head: tuple[str, ...],
    operations: tuple[Operation, ...],
) -> writing.Draft:
    """Return the migration that one part becomes."""
    part = parts[number]
    outer: list[Any] = [
        one for key in part for one in work.migrations[key].dependencies if one[0] != work.app
    ]
    before = [one for key in part for one in work.migrations[key].run_before if one[0] != work.app]
    previous = [(work.app, names[number - 1])] if number else []
    return writing.Draft(
        names[number],
        head,
        (*previous, *writing.unique(outer)),
        writing.unique(before),
        replaced(work, part, number == len(parts) - 1),
        operations,
        initial=not number,
        atomic=all(work.graph.files[key].atomic for key in part) or len(part) > 1,
    )


def docstring(
    work: Work,
    part: Sequence[Key],
    found: Sequence[Code],
    notes: Sequence[str],
    origin: tuple[str, str],
    last: bool,
) -> tuple[str, ...]:
    """Return the lines that say what a migration of an override is, and where it comes from."""
    lines = [
        f"Stands for {part[0][1]} to {part[-1][1]} of {work.app}."
        if len(part) > 1
        else f"Stands for {part[0][1]}."
    ]
    here = [code for code in found if code.key in part]
    for kept, title in ((True, "Kept, at its place:"), (False, "Left out:")):
        told = [
            f"    {code.key[1]}, operation {code.index + 1}: {code.why}" for code in here if code.kept is kept
        ]
        lines += ["", title, "", *told] if told else []
    lines += ["", *notes] if notes else []
    keys = set(replaced(work, part, last))
    originals = tuple(Original(file.name, file.digest) for file in work.files if file.key in keys)
    return tuple(safe(line) for line in (*lines, "", *provenance_lines(*origin, originals)))


def safe(line: str) -> str:
    """Return a line that can stand in a docstring."""
    return (
        "".join(letter if letter.isprintable() else " " for letter in line)
        .replace("\\", "/")
        .replace('"', "'")
    )


__all__ = ["Work", "propose"]
