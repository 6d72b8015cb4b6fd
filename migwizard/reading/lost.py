"""Looks for migration files that are missing: in version control, and among what Python compiled of them."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

from ..core.graph import Graph, Key
from ..core.graph.build import FIRST, LATEST
from ..core.graph.squashes import stuck, without_files
from ..core.sources.lost import LostFile
from . import syntax
from .errors import clean, is_own, relative
from .git import Change, GitSilent, Place, Repository
from .packages import MIGRATIONS
from .project import Project

NAME = re.compile(r"[^\W_][\w -]{0,200}")
"""Names that a file may have so that Django takes it for a migration; a record may say anything."""

MOST = 200
"""How many missing files are looked for."""

RANKS = (("HEAD", 0), (":0", 1), ("refs/heads/", 3), ("refs/remotes/", 4))
REF = re.compile(r"^refs/(?:heads|remotes|tags)/")

DEPTH = 20
"""How often what a found file depends on is looked for in turn."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where an app's migrations are."""

    folder: Path
    folders: frozenset[str]
    """Names that the app's own folder may have had: its present one, and its label."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What was found of the missing files."""

    files: Mapping[Key, tuple[LostFile, ...]] = field(default_factory=dict)
    """The versions of each that was looked for, the likeliest first."""
    nowhere: str = ""
    """What to say of one that was not found."""


def missing(graph: Graph, recorded: Collection[Key]) -> tuple[Key, ...]:
    """Return every migration that has no file and that something hangs on: a record, a dependency, a squash."""
    replaceable = {old for file in graph.files.values() for old in file.replaces}
    wanted = [key for key in sorted(recorded) if key not in graph.files and key not in replaceable]
    wanted += [key for _, key in graph.missing if key[1] not in (FIRST, LATEST)]
    wanted += [key for squash in stuck(graph, recorded) for key in without_files(graph, squash)]
    return tuple(dict.fromkeys(wanted))


def find(project: Project, graph: Graph, wanted: Iterable[Key]) -> Lost:
    """Return what is to be found of some missing migrations of the project's own apps, and of what these depend on."""
    homes = dict(_homes(project))
    todo = [key for key in wanted if key[0] in homes and NAME.fullmatch(key[1])][:MOST]
    if not todo:
        return Lost()
    root, silent, search = Path(project.info.root), "", None
    todo = [key for key in todo if not os.path.lexists(homes[key[0]].folder / f"{key[1]}.py")]
    found: dict[Key, tuple[LostFile, ...]] = {}
    try:
        search = Search(Repository(root), homes, project.info.user_model)
    except GitSilent as error:
        silent = str(error)
    known = {*graph.files, *(old for file in graph.files.values() for old in file.replaces)}
    for _ in range(DEPTH):
        try:
            versions = search.versions(todo) if search is not None and not silent else {}
        except GitSilent as error:
            versions, silent = {}, str(error)
        for key in todo:
            found[key] = (*versions.get(key, ()), *_compiled(homes[key[0]], key[1], root))
        needed = dict.fromkeys(other for key in todo for one in found[key] for other in one.dependencies)
        todo = [
            key
            for key in needed
            if key not in known and key not in found and key[0] in homes and NAME.fullmatch(key[1])
        ][:MOST]
        if not todo:
            break
    return Lost(found, _nowhere(silent, search is not None and search.repository.shallow))


def _nowhere(silent: str, shallow: bool) -> str:
    if silent:
        return f"its file was not looked for in version control, as {silent}"
    if shallow:
        return (
            "nothing in the git repository has its file, but the clone is shallow: older commits are not here"
        )
    return "no branch, tag, stash or commit of the git repository has its file"


def _homes(project: Project) -> Iterator[tuple[str, Home]]:
    """Yield where the migrations are that belong to the project: those of installed packages come with the package."""
    root = Path(project.info.root)
    for package in project.packages:
        folder = package.folders[0] if package.folders else os.path.join(package.path, MIGRATIONS)
        if package.module is not None and not folder.endswith(".py") and is_own(folder, root):
            names = frozenset((package.label, Path(package.path).name))
            yield package.label, Home(Path(folder), names)


def _compiled(home: Home, name: str, root: Path) -> Iterator[LostFile]:
    """Yield what Python compiled of a migration, which is no source any more."""
    for path in sorted((home.folder / "__pycache__").glob(f"{name}.*.pyc")):
        where = f"compiled only: {relative(str(path), root)}"
        yield LostFile(where, str(home.folder / f"{name}.py"), None)


class Search:
    """Looks for files in one repository."""

    def __init__(self, repository: Repository, homes: Mapping[str, Home], user_model: str) -> None:
        self.repository = repository
        self.homes = homes
        self.user_model = user_model
        self.places = repository.places()
        self.taken = {self._inside(home.folder): label for label, home in homes.items()}

    def _inside(self, folder: Path) -> str:
        try:
            real = Path(os.path.realpath(folder))
            return real.relative_to(os.path.realpath(self.repository.top)).as_posix()
        except ValueError:
            return ""

    def versions(self, keys: Collection[Key]) -> dict[Key, tuple[LostFile, ...]]:
        """Return the versions of some files, the likeliest first."""
        changes = self.repository.changes(sorted({f"{name}.py" for _, name in keys}))
        paths = {key: self._paths(key, changes) for key in keys}
        every = dict.fromkeys(path for of_key in paths.values() for path in of_key)
        blobs = self.repository.blobs((place, path) for place in self.places for path in every)
        changes = tuple(change for change in changes if change.path in every)
        sightings = [*_present(blobs, changes), *self._deleted(changes)]
        sightings += _left_out(sightings, changes)
        texts = self.repository.texts(sighting.blob for sighting in sightings)
        return {key: self._ordered(key, paths[key], sightings, texts) for key in keys}

    def _paths(self, key: Key, changes: Iterable[Change]) -> dict[str, int]:
        """Return the paths that a file may have had, with how far they are from where it belongs."""
        home, name = self.homes[key[0]], f"{key[1]}.py"
        folder = self._inside(home.folder)
        found = {f"{folder}/{name}" if folder != "." else name: 0}
        for path in dict.fromkeys(change.path for change in changes):
            parent, _, base = path.rpartition("/")
            if base != name or path in found or parent in self.taken:
                continue
            parts = parent.split("/")
            if parts[-1] in (MIGRATIONS, home.folder.name):
                found[path] = 1 if len(parts) > 1 and parts[-2] in home.folders else 2
        return found

    def _deleted(self, changes: Collection[Change]) -> Iterator[Sighting]:
        """Yield what commits deleted, or gave another name."""
        deletions = [change for change in changes if change.status == "D"]
        commits = dict.fromkeys(change.commit for change in deletions)
        ours = self.repository.led_to_head(commits)
        renames = {commit: self.repository.renamed(commit) for commit in commits}
        for change in deletions:
            new = os.path.basename(renames[change.commit].get(change.path, ""))
            renamed = Path(new).stem if new != os.path.basename(change.path) else ""
            yield Sighting(
                change.path,
                change.before,
                f"{f'renamed to {clean(renamed)}' if renamed else 'deleted'} by {_words(change)}",
                2 if change.commit in ours else 6,
                _written(changes, change.path, change.before) or change.seconds,
                f"{change.commit[:10]}^",
                renamed,
            )

    def _ordered(
        self, key: Key, paths: Mapping[str, int], sightings: Iterable[Sighting], texts: Mapping[str, str]
    ) -> tuple[LostFile, ...]:
        """Return the versions of one file, each text once under the best of its names."""
        groups: dict[tuple[int, str], list[Sighting]] = {}
        for sighting in sightings:
            if sighting.path in paths and sighting.blob in texts:
                groups.setdefault((paths[sighting.path], texts[sighting.blob]), []).append(sighting)
        found = []
        for (distance, text), of_text in groups.items():
            of_text.sort(key=lambda sighting: (sighting.rank, -sighting.seconds))
            version = self._version(key, text, of_text)
            if version is None or (distance == 2 and not any(d[0] == key[0] for d in version.dependencies)):
                continue
            if distance:
                where = f"{version.where}, as {clean(of_text[0].path)}"
                version = replace(version, where=where, exact=distance < 2)
            found.append(((distance, not version.checked_out, -of_text[0].seconds), version))
        seen: dict[str, LostFile] = {}
        for _, version in sorted(found, key=lambda pair: pair[0]):
            seen.setdefault(version.content or "", version)
        return tuple(_told_apart(seen.values()))

    def _setting(self, name: str) -> str | None:
        return self.user_model if name == "AUTH_USER_MODEL" else None

    def _version(self, key: Key, text: str, sightings: list[Sighting]) -> LostFile | None:
        """Return a version of a file; None when its text is no migration."""
        try:
            declared = syntax.migration(syntax.parse(text.encode()), self._setting)
        except SyntaxError:
            return None
        if declared is None:
            return None
        best, folder = sightings[0], self.homes[key[0]].folder
        init = folder / "__init__.py"
        also = dict.fromkeys(one.words for one in sightings[1:] if one.rank < 7 and one.words != best.words)
        return LostFile(
            best.words,
            str(folder / f"{key[1]}.py"),
            text,
            datetime.fromtimestamp(best.seconds, timezone.utc) if best.seconds else None,
            tuple(declared.dependencies),
            tuple(declared.run_before),
            tuple(declared.replaces),
            f"{best.revision}:{best.path}",
            tuple(also),
            next((one.renamed_to for one in sightings if one.renamed_to and one.rank <= 2), ""),
            "" if init.exists() else str(init),
            best.rank < 2,
        )


@dataclass(frozen=True, slots=True)
class Sighting:
    """A text that was seen somewhere under a path."""

    path: str
    blob: str
    words: str
    rank: int
    """0 HEAD, 1 index, 2 deleted before HEAD, 3 branch, 4 remote one, 5 tag or stash, 6 deleted elsewhere, 7 commit."""
    seconds: int
    """When the text was written; 0 where nobody knows."""
    revision: str
    renamed_to: str = ""


def _present(blobs: Mapping[tuple[Place, str], str], changes: Collection[Change]) -> Iterator[Sighting]:
    """Yield what is where, now."""
    for (place, path), blob in blobs.items():
        rank = next((rank for start, rank in RANKS if place.revision.startswith(start)), 5)
        seconds = _written(changes, path, blob) or place.seconds
        yield Sighting(path, blob, place.words, rank, seconds, REF.sub("", place.revision))


def _left_out(sightings: Iterable[Sighting], changes: Iterable[Change]) -> Iterator[Sighting]:
    """Yield the last text of each path that is nowhere any more, although no commit deleted it: a merge did."""
    seen = {sighting.path for sighting in sightings}
    for change in changes:
        if change.path not in seen:
            seen.add(change.path)
            words = f"commit {_words(change)}"
            yield Sighting(change.path, change.after, words, 7, change.seconds, change.commit[:10])


def _written(changes: Iterable[Change], path: str, blob: str) -> int:
    """Return when a text was committed last, in seconds since 1970; 0 where nobody knows."""
    return max((one.seconds for one in changes if one.path == path and one.after == blob), default=0)


def _words(change: Change) -> str:
    day = datetime.fromtimestamp(change.seconds, timezone.utc)
    subject = clean(change.subject)
    subject = subject if len(subject) <= 50 else f"{subject[:49]}…"
    return f'{change.commit[:7]} of {day:%Y-%m-%d} "{subject}"'


def _told_apart(versions: Iterable[LostFile]) -> Iterator[LostFile]:
    """Yield versions with different words, as a person has to choose by them."""
    taken: dict[str, int] = {}
    for version in versions:
        taken[version.where] = taken.get(version.where, 0) + 1
        number = taken[version.where]
        yield version if number == 1 else replace(version, where=f"{version.where} ({number})")
