"""A proposed override, read as if it were there: whether it fits, and leads to the same models."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from django.db.migrations.migration import Migration

from ...core.graph import Graph, Key
from ...core.graph.build import build
from ...core.sources.override import OverrideProposal
from ..errors import describe
from ..files import read_files
from ..overlay import Overlay, laid_over
from ..packages import AppPackage
from ..project import Project
from . import final


def refuted(
    project: Project,
    proposal: OverrideProposal,
    graph: Graph,
    migrations: Mapping[Key, Migration],
) -> str:
    """Return why a proposal must not be made, in one sentence; empty when it leads to what the originals lead to."""
    overlay: dict[str, str | None] = {file.path: file.content for file in proposal.files}
    there = replace(project, packages=tuple(pointed(project.packages, proposal)))
    return leads_elsewhere(there, proposal.app, proposal.new, overlay, graph, migrations)


def leads_elsewhere(
    project: Project,
    app: str,
    new: Sequence[Key],
    overlay: Overlay,
    graph: Graph,
    migrations: Mapping[Key, Migration],
) -> str:
    """Return why what will be written does not do, in one sentence; empty when it leads to the same as the originals.

    Args:
        project: the project, as it will be.
        app: the app whose migrations are written.
        new: migrations that are written.
        overlay: what the files will hold.
        graph: the original migrations of the whole project.
        migrations: Django's instances of these.
    """
    with laid_over(overlay):
        read = read_files(project, overlay)
    after = build(read.files, (), read.unmigrated, nested_squashes=project.info.nested_squashes)
    for key in new:
        error = read.files[key].error if key in read.files else "it is not found"
        if error:
            return f"The migration {key[1]} that was made cannot be read: {error.rstrip('.')}."
    if after.missing:
        node, parent = after.missing[0]
        return f"{dotted(node)} depends on {dotted(parent)}, which would not be there."
    if after.cycles:
        return (
            f"Migrations would depend on each other in a circle: {', '.join(map(dotted, after.cycles[0]))}."
        )
    root = Path(project.info.root)
    try:
        before = final.state_after(graph, migrations, frozenset(graph.nodes))
        state = final.state_after(after, read.migrations, frozenset(after.nodes))
        changes = final.differences(app, state.real_apps, before.models, state.models)
    except Exception as error:
        return f"What the migrations would lead to cannot be worked out: {describe(error, root)}."
    if changes:
        return f"The result would not be the same: {changes[0].describe()}."
    return ""


def pointed(packages: Sequence[AppPackage], proposal: OverrideProposal) -> list[AppPackage]:
    """Return the packages of a project with the migrations of one app in the one that is proposed."""
    folder = os.path.dirname(proposal.files[-1].path)
    return [
        AppPackage(one.label, proposal.module, (folder,), True, True, one.path)
        if one.label == proposal.app
        else one
        for one in packages
    ]


def dotted(key: Key) -> str:
    """Return a migration as users write it."""
    return f"{key[0]}.{key[1]}"
