"""Bring a deleted migration file back from version control.

## What it does
Writes the file as git has it: as it is checked out, or before the commit that deleted it, or on another branch, under
a tag or in a stash, and with it every other missing file that it depends on. The database is not touched. Of several
versions it takes the newest one whose dependencies are in the project, that of the checked out commit first;
`--set from=WHERE` takes another.

## What it refuses
A file that git does not have, or of which only byte code is left, and one that a commit renamed: its operations are in
the file of its new name, and would be there twice.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..core.graph import Graph, Key, MigrationFile
from ..core.graph.build import build, inconsistencies
from ..core.graph.squashes import without_files
from ..core.plan import Plan, Question, Step
from ..core.situation import Situation
from ..core.sources.lost import LostFile, best, fits
from .base import Impossible, Info, Request, WrongArguments, action, dotted, finding_id

INFO = Info(
    "restore-file", "Bring a deleted migration file back from version control", "APP MIGRATION", "careful"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is restored for one migration."""

    key: Key
    version: LostFile
    versions: tuple[LostFile, ...]
    """All that could have been."""

    @property
    def others(self) -> tuple[LostFile, ...]:
        """All that could have been and are not."""
        return tuple(version for version in self.versions if version is not self.version)


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan, for what a finding or the arguments name and what that depends on.

    Raises:
        Impossible: when there is nothing to restore it from.
    """
    keys = wanted(situation, request)
    answer = request.settings.get("from", "")
    choices = [choose(situation, key, answer) for key in keys]
    asks = tuple(question(choice) for choice in choices if len(choices) == 1 and choice.others)
    choices = with_dependencies(situation, choices)
    after = restored(situation, choices)
    first = choices[-1]
    more = f" and {len(choices) - 1} more" if len(choices) > 1 else ""
    return Plan(
        INFO.name,
        f"Restore {dotted(first.key)}{more}: {first.version.where}",
        INFO.safety,
        tuple(steps(situation, choices)),
        finding_id(request),
        action(INFO, request),
        expects=expected(request, choices),
        reveals=True,
        fingerprint=situation.fingerprint,
        asks=asks,
        risks=tuple(risks(situation, choices, after)),
    )


def expected(request: Request, choices: Iterable[Choice]) -> tuple[str, ...]:
    """Return the finding that is gone once the files are back, where that can be told at once.

    A squash stays incomplete until its originals have been run; a package that was not there is only seen by the next
    start.
    """
    if request.finding is None or request.finding.name == "partial-squash":
        return ()
    return () if any(choice.version.package for choice in choices) else (request.finding.id,)


def wanted(situation: Situation, request: Request) -> tuple[Key, ...]:
    """Return the migrations whose files are to be restored; of a squash, everything that it replaces."""
    lost = situation.lost_files
    if request.finding is not None:
        subject = request.finding.subject
        key = (subject.app or "", subject.migration or "")
        if key in situation.graph.partial:
            return without_files(situation.graph, key)
        return (key,)
    if len(request.arguments) != 2:
        raise WrongArguments("Name an app and a migration: restore-file APP MIGRATION.")
    app, name = request.arguments
    matching = [key for key in lost if key[0] == app and key[1].startswith(name)]
    if (app, name) in lost or len(matching) != 1:
        return ((app, name),)
    return (matching[0],)


def choose(situation: Situation, key: Key, answer: str = "") -> Choice:
    """Return the version that is restored; `answer` is where a person wants it from."""
    graph, versions = situation.graph, situation.lost_files.get(key)
    if key in graph.files:
        raise Impossible(f"{dotted(key)} has its file: {graph.files[key].path}.")
    if versions is None:
        raise Impossible(
            f"Nobody misses a file of {dotted(key)}: it is not recorded, no file of the project's own apps depends on"
            " it, or its app does not belong to the project."
        )
    real = tuple(version for version in versions if version.content is not None)
    if not real:
        compiled = versions[0].where.replace("compiled only: ", "") if versions else ""
        only = f", and from byte code ({compiled}) no file can be restored" if compiled else ""
        raise Impossible(f"{dotted(key)} cannot be restored: {situation.lost_files_nowhere}{only}.")
    chosen = named(real, answer) if answer else best(graph, situation.lost_files, real)
    if chosen is None:
        new = real[0].renamed_to
        raise Impossible(
            f"{dotted(key)} is not lost, but {real[0].where}: restored, its operations would be there twice. Its record"
            f" can get the new name: rename-record {key[0]} {key[1]} {new}."
        )
    return Choice(key, chosen, real)


def named(versions: Iterable[LostFile], answer: str) -> LostFile:
    """Return the version that an answer means: where it is, word by word, or a part that only one has."""
    versions = tuple(versions)
    for version in versions:
        if answer == version.where:
            return version
    for version in versions:
        if answer in version.also:
            return version
    found = [version for version in versions if answer in version.where]
    if len(found) == 1:
        return found[0]
    known = "; ".join(version.where for version in versions)
    raise WrongArguments(f"--set from={answer} does not say which of these: {known}.")


def question(choice: Choice) -> Question:
    """Return the question which version is meant."""
    return Question(
        "from",
        f"Which version of {dotted(choice.key)} is to be restored?",
        tuple(version.where for version in choice.versions),
        choice.version.where,
    )


def with_dependencies(situation: Situation, choices: list[Choice]) -> list[Choice]:
    """Return the choices with every missing file that they depend on, each after what it depends on."""
    graph, lost = situation.graph, situation.lost_files
    done: dict[Key, Choice] = {}
    asked = {choice.key: choice for choice in choices}

    def add(choice: Choice) -> None:
        if choice.key in done:
            return
        done[choice.key] = choice
        for key in choice.version.dependencies:
            if key not in graph.files and best(graph, lost, lost.get(key, ())) is not None:
                add(asked.get(key) or beside(situation, key, choice.version))
        done[choice.key] = done.pop(choice.key)

    for choice in choices:
        add(choice)
    return list(done.values())


def beside(situation: Situation, key: Key, version: LostFile) -> Choice:
    """Return the version of a dependency that is where a version is, or else the likeliest."""
    places = {version.where, *version.also}
    choice = choose(situation, key)
    same = [
        other
        for other in choice.versions
        if not other.renamed_to and places.intersection((other.where, *other.also))
    ]
    return choice if not same or choice.version in same else replace(choice, version=same[0])


def restored(situation: Situation, choices: Iterable[Choice]) -> Graph:
    """Return the graph with the files back."""
    files = dict(situation.graph.files)
    for choice in choices:
        version = choice.version
        files[choice.key] = MigrationFile(
            *choice.key, version.path, version.dependencies, version.run_before, version.replaces
        )
    return build(files, situation.recorded, situation.graph.unmigrated - {key.key[0] for key in choices})


def steps(situation: Situation, choices: Iterable[Choice]) -> Iterable[Step]:
    """Yield one step a file, with the packages that are missing around them."""
    packages = dict.fromkeys(choice.version.package for choice in choices if choice.version.package)
    for path in packages:
        why = "Without it, Django does not take the folder for a package of migrations."
        yield Step("file", why, path=path, content="", undo="Delete the file again.", command="none")
    recorded = situation.recorded
    for choice in choices:
        version, key = choice.version, choice.key
        date = f", written on {version.date:%Y-%m-%d}" if version.date is not None else ""
        need = "is recorded" if key in recorded else "is needed"
        shown = os.path.relpath(version.path, situation.project.root)
        yield Step(
            "file",
            f"{dotted(key)} {need} but has no file; git has it: {version.where}{date}.",
            migration=key,
            path=version.path,
            content=version.content,
            undo="Delete the file again.",
            command=f"none: `git show {shlex.quote(version.revision)} > {shlex.quote(shown)}`",
        )


def risks(situation: Situation, choices: Iterable[Choice], after: Graph) -> Iterable[str]:
    """Yield what is not in order once the files are back, and what was left to choose."""
    before, recorded = situation.graph, situation.recorded
    keys = [choice.key for choice in choices]
    for choice in choices:
        name, version = dotted(choice.key), choice.version
        if choice.others:
            other = " or ".join(version.where for version in choice.others[:3])
            yield f"There are {len(choice.others) + 1} versions of {name} that differ; this is not the one of {other}."
        if version.renamed_to:
            yield f"{name} is called {version.renamed_to} now; its operations would be in the project twice."
        elif not version.exact:
            yield f"{name} was found under another app's folder; look at its content before you restore it."
        if not fits(before, situation.lost_files, version):
            missing = [dotted(dep) for dep in version.dependencies if dep not in after.files]
            yield f"{name} depends on {', '.join(missing)}, which the project does not have either."
    for app in dict.fromkeys(key[0] for key in keys):
        leaves = after.leaves(app)
        if len(leaves) > 1 and len(before.leaves(app)) < len(leaves):
            yield (
                f"{app} has {len(leaves)} last migrations then ({', '.join(name for _, name in leaves)}), and Django"
                " refuses to migrate until they are merged."
            )
    holes = {parent for _, parent in inconsistencies(after, recorded)}
    for key in keys:
        if key in holes:
            yield f"{dotted(key)} is not recorded, but applied migrations need it: the history is inconsistent then."
        elif key not in after.effective and key in after.nodes:
            yield f"{dotted(key)} is not recorded: it is pending then, and the next migrate runs it."
    for cycle in after.cycles[len(before.cycles) :]:
        yield f"Migrations depend on each other in a circle then: {', '.join(dotted(key) for key in cycle)}."
