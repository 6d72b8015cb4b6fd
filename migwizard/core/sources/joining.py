"""How the branches of an app are joined by a merge migration, and what forbids it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..graph import Graph, Key, MigrationFile
from ..graph.branches import Branch, Overlap, branches, fails, fork, overlaps
from ..graph.build import build
from ..situation import Situation

LEAF_NAMES = 47
"""So much of the names of the leaves goes into the name of a merge, as with `makemigrations --merge`."""


class Unjoinable(Exception):
    """The branches cannot be joined in this way, for the reason given in one sentence."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge migration that does not exist yet."""

    file: MigrationFile
    branches: tuple[Branch, ...]
    met: tuple[Overlap, ...]
    """Where the branches deal with the same thing, and neither makes the other fail."""
    after: Graph
    """The graph with it."""

    @property
    def pending(self) -> tuple[Key, ...]:
        """What it depends on and is not applied here."""
        return tuple(key for key in self.after.ancestors(self.file.key) if key not in self.after.effective)


def merge(situation: Situation, app: str) -> Merge:
    """Return the migration that `makemigrations --merge` would write for an app.

    Raises:
        Unjoinable: when there is nothing to join, or the branches contradict each other.
    """
    found = branches(situation.graph, app)
    check_branches(situation, app, found)
    file = _merge_file(situation, found)
    after = rebuilt(situation, {**situation.graph.files, file.key: file}, situation.recorded)
    met = overlaps(situation.graph, found)
    check_overlaps(met, orders(situation.graph.effective, after.nodes))
    return Merge(file, found, met, after)


def check_branches(situation: Situation, app: str, found: Sequence[Branch]) -> None:
    """Raise Unjoinable unless these are branches of one tree, in files that can be read and are the project's own."""
    graph = situation.graph
    if len(found) < 2:
        raise Unjoinable(
            f"The app {app} does not have more than one last migration; there is nothing to join."
        )
    if any(app in (node[0], other[0]) for node, other in graph.missing) or any(
        key[0] == app for cycle in graph.cycles for key in cycle
    ):
        raise Unjoinable(f"The migration files of {app} do not fit together; repair the graph first.")
    for key in (key for branch in found for key in branch.own):
        error = graph.files[key].error
        if error is not None:
            raise Unjoinable(f"Nobody knows what {dotted(key)} does: {error.rstrip('.')}.")
    for branch in found:
        check_owned(situation, branch.leaf)
    if fork(graph, app) is None:
        raise Unjoinable(
            f"The branches of {app} have no migration in common, so they are no fork:"
            " mostly one of them is left over from a squash, and its files should go."
        )


def check_owned(situation: Situation, key: Key) -> None:
    """Raise Unjoinable unless the migration file is the project's own."""
    if not situation.project.owns(situation.graph.files[key]):
        raise Unjoinable(
            f"{dotted(key)} belongs to an installed package: whatever is written there is lost with its next version."
        )


def check_overlaps(met: Sequence[Overlap], possible: Sequence[Sequence[Key]]) -> None:
    """Raise Unjoinable when one migration of the branches fails after another, in an order in which they may run."""
    for overlap in met:
        if overlap.clash == "always":
            raise Unjoinable(
                f"{described(overlap)}, and whichever comes second fails."
                " Take the operation out of the one that is applied nowhere yet; that is for a person to decide."
            )
        if fails(overlap, possible):
            raise Unjoinable(
                f"{described(overlap)}, and the other one fails once {dotted(overlap.breaker or ('', ''))} has run."
                f" Put {dotted(overlap.breaker or ('', ''))} behind it with rebase, or edit one of them."
            )


def described(overlap: Overlap) -> str:
    """Return what two branches do with the same thing: `Both branches deal with order.note: shop.0013_a (…) …`."""
    one, other = overlap.operations
    return (
        f"Both branches deal with {overlap.what}:"
        f" {dotted(overlap.first)} ({one}) and {dotted(overlap.second)} ({other})"
    )


def orders(applied: frozenset[Key], nodes: Sequence[Key]) -> tuple[tuple[Key, ...], ...]:
    """Return the orders in which migrations run: on an empty database, and here, where some are applied already."""
    here = (*(key for key in nodes if key in applied), *(key for key in nodes if key not in applied))
    return tuple(nodes), here


def rebuilt(situation: Situation, files: Mapping[Key, MigrationFile], recorded: frozenset[Key]) -> Graph:
    """Return the graph that Django would build of other files and records."""
    return build(
        files, recorded, situation.graph.unmigrated, nested_squashes=situation.project.nested_squashes
    )


def _merge_file(situation: Situation, found: Sequence[Branch]) -> MigrationFile:
    """Return the merge migration, named as Django would name it."""
    leaves = tuple(sorted(branch.leaf for branch in found))
    numbers = [number for _, name in leaves if (number := number_of(name)) is not None]
    names = "_".join(name for _, name in leaves)[:LEAF_NAMES].rstrip("_")
    app = leaves[0][0]
    name = free_name(situation, app, f"{max(numbers, default=1) + 1:04}_merge_{names}")
    return MigrationFile(
        app,
        name,
        beside(situation.graph.files[leaves[0]], name),
        dependencies=leaves,
        source=_merge_source(leaves, situation.project.django),
    )


def _merge_source(leaves: Sequence[Key], django: str) -> str:
    """Return the text of a merge migration, as Django's `MigrationWriter` writes it, without the time."""
    dependencies = "".join(f"        {leaf!r},\n" for leaf in leaves)
    return (
        f"{header(django)}from django.db import migrations\n\n\n"
        "class Migration(migrations.Migration):\n\n"
        f"    dependencies = [\n{dependencies}    ]\n\n"
        "    operations = [\n    ]\n"
    )


def header(django: str) -> str:
    """Return the comment at the head of a migration that was written here; the same file always has the same one."""
    return f"# Generated by migwizard with Django {django}\n\n"


def number_of(name: str) -> int | None:
    """Return the number of a migration, as Django's autodetector reads it from the name."""
    if squashed := re.search(r".*_squashed_(\d+)", name):
        return int(squashed[1])
    number = re.match(r"\d+", name)
    return int(number[0]) if number else None


def beside(file: MigrationFile, name: str) -> str:
    """Return the path of another migration in the folder of this one."""
    return os.path.join(os.path.dirname(file.path), f"{name}.py")


def free_name(situation: Situation, app: str, name: str) -> str:
    """Return a migration name that no file and no record of the app has: this one, or with a number behind."""
    taken = {key[1] for key in (*situation.graph.files, *situation.recorded) if key[0] == app}
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def dotted(key: Key) -> str:
    """Return a migration as users write it: `shop.0007_note`."""
    return f"{key[0]}.{key[1]}"
