"""A package of the project's own that stands for the migrations of an installed app, as data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..graph import Key, MigrationFile
from ..journal import FileChange
from ..plan import Question
from ..schema import Table
from .text_file import TextFile

PROVENANCE = re.compile(r"^(?:#\s)?\s+(?P<name>[^\s:]+)\s+sha256:(?P<digest>[0-9a-f]{64})\s*$", re.MULTILINE)
FROM = re.compile(r"^(?:#\s)?Made from (?P<distribution>\S+) (?P<version>\S+):\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Original:
    """A migration file of the installed package."""

    name: str
    digest: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    path: str = ""
    descriptions: tuple[str, ...] = ()
    """What Django says of each operation, of a file that the override does not know."""
    replaces: tuple[str, ...] = ()
    """Names of what it replaces in its own app, of a file that the override does not know."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a migration of an override was made from, as its docstring says."""

    distribution: str
    version: str
    originals: tuple[Original, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """An app whose migrations are in another package than its own, as MIGRATION_MODULES says."""

    app: str
    module: str
    """Dotted name of the package that has them instead."""
    folder: str
    """Its folder; empty where there is no such package."""
    own: bool
    """Whether that folder is in the project."""
    package: str
    """Dotted name of the package that the app brings along."""
    originals: tuple[Original, ...]
    """Its migration files by name."""
    new: tuple[str, ...] = ()
    """Names of those that the override neither has nor replaces, in the order of their names."""
    changed: tuple[str, ...] = ()
    """Names of those that are not as they were when the override was made from them."""
    distribution: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """An operation of which the state does not tell everything, and what becomes of it in the squash."""

    key: Key
    index: int
    description: str
    kept: bool
    why: str
    """One sentence."""

    @property
    def question(self) -> str:
        """The key under which its fate can be decided: `code.0012_add_token_checksum.3`, counted from 1."""
        return f"code.{self.key[1]}.{self.index + 1}"


@dataclass(frozen=True, slots=True)
class OverrideProposal:
    """What has to be written so that a package of the project's own replaces an app's migrations."""

    app: str
    module: str = ""
    """Dotted name of the package."""
    new: tuple[Key, ...] = ()
    """Its migrations, in the order of application."""
    replaced: tuple[Key, ...] = ()
    """Everything that they replace, in the order of application."""
    files: tuple[TextFile, ...] = ()
    codes: tuple[Code, ...] = ()
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()
    """What a person should know of the result, one sentence each."""
    settings: tuple[TextFile, ...] = ()
    """The file that says where migrations are, or in which it can be said; empty where there is none."""
    filled: frozenset[str] = frozenset()
    """Tables of the app that hold rows."""
    tables: frozenset[str] = frozenset()
    """Names of the tables that the app's migrations have made at any time."""
    shapes: Mapping[str, Table] = field(default_factory=dict)
    """The app's tables as its last migration leaves them, where some of them hold rows."""
    distribution: str = ""
    version: str = ""
    failure: str = ""
    """Why there is no proposal, in one sentence."""


@dataclass(frozen=True, slots=True)
class OverrideUpdate:
    """What has to be written so that an override knows what the installed package has."""

    files: tuple[FileChange, ...] = ()
    failure: str = ""
    """Why it cannot be brought up to date, in one sentence."""


ProposeOverride = Callable[[str, str, Mapping[str, str]], OverrideProposal]
"""Returns the proposal for an app, with the package's name (empty: one that fits) and the answers that were given."""


ProposeUpdate = Callable[[Override], OverrideUpdate]
"""Returns what brings an override up to date."""


def provenance_lines(distribution: str, version: str, originals: tuple[Original, ...]) -> tuple[str, ...]:
    """Return the lines of a docstring that say what a migration was made from."""
    width = max((len(one.name) for one in originals), default=0)
    listed = (f"    {one.name:<{width}}  sha256:{one.digest}" for one in originals)
    return (f"Made from {distribution} {version}:", "", *listed)


def provenance(source: str) -> Provenance | None:
    """Return what a migration was made from, read from its text, or None where it does not say."""
    head = FROM.search(source)
    if head is None:
        return None
    originals = tuple(Original(one["name"], one["digest"]) for one in PROVENANCE.finditer(source, head.end()))
    return Provenance(head["distribution"], head["version"], originals)


def known_names(files: Iterable[MigrationFile]) -> frozenset[str]:
    """Return the names of the migrations that an override has or replaces; `files` are those of its app."""
    names: set[str] = set()
    for file in files:
        names |= {file.name, *(name for app, name in file.replaces if app == file.app)}
    return frozenset(names)


def digests(files: Iterable[MigrationFile]) -> dict[str, str]:
    """Return the digests of the originals that the migrations of an override say they were made from."""
    found: dict[str, str] = {}
    for file in files:
        said = provenance(file.source)
        found |= {one.name: one.digest for one in said.originals} if said is not None else {}
    return found
