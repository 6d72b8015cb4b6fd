"""What brings an override up to date with the package that it stands for; nothing is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from django.apps import apps

from ..core.graph import Key
from ..core.graph.build import build
from ..core.journal import FileChange
from ..core.sources.override import Original, Override, OverrideUpdate, digests, provenance_lines
from ..core.sources.references import redirected
from ..core.sources.source_text import CannotEdit
from .files import Files, read_files
from .overriding.trial import leads_elsewhere
from .overriding.writing import Unwritable, absolute
from .packages import app_package
from .reader import Reader


def propose_update(reader: Reader, override: Override) -> OverrideUpdate:
    """Return what has to be written, tried against the migrations that the package brings along."""
    originals = as_installed(reader, override)
    try:
        files = (*rewritten(reader, override), *brought(reader, override, originals))
    except (Unwritable, CannotEdit) as error:
        return OverrideUpdate(failure=f"{override.package} cannot be copied: {error}")
    graph = build(
        originals.files, (), originals.unmigrated, nested_squashes=reader.project.info.nested_squashes
    )
    broken = [key for key in graph.nodes if key[0] == override.app and key not in originals.migrations]
    if broken or graph.missing or graph.cycles:
        return OverrideUpdate(failure=f"The migrations that {override.package} has do not fit together.")
    failure = leads_elsewhere(
        reader.placed,
        override.app,
        [(override.app, name) for name in override.new],
        {change.path: change.content for change in files},
        graph,
        originals.migrations,
    )
    return OverrideUpdate(files, failure)


def as_installed(reader: Reader, override: Override) -> Files:
    """Return the migration files of the project as if there were no override of the app."""
    name = apps.get_app_config(override.app).name
    packages = tuple(
        app_package(one.label, name, one.path, {}) if one.label == override.app else one
        for one in reader.placed.packages
    )
    return read_files(replace(reader.placed, packages=packages))


def brought(reader: Reader, override: Override, originals: Files) -> Iterator[FileChange]:
    """Yield the files of the migrations that the override lacks."""
    ours = {key for key in reader.files.files if key[0] == override.app}
    known = ours | {old for key in ours for old in reader.files.files[key].replaces}
    graph = build(reader.files.files, (), reader.files.unmigrated)
    leaves = graph.leaves(override.app)
    for name in override.new:
        file = originals.files[override.app, name]
        targets: dict[Key, Key] = {}
        if len(leaves) == 1:
            wanted = {(override.app, new) for new in override.new}
            targets = {
                one: leaves[0]
                for one in file.dependencies
                if one[0] == override.app and one not in known and one not in wanted
            }
        text = absolute(name, file.source, override.package)
        made = provenance_lines(override.distribution, override.version, (Original(name, file.digest),))
        head = "".join(f"# {line}".rstrip() + "\n" for line in made)
        content = f"{head}\n{redirected(text, targets) if targets else text}"
        yield FileChange(os.path.join(override.folder, f"{name}.py"), None, content)


def rewritten(reader: Reader, override: Override) -> Iterator[FileChange]:
    """Yield the files of the override that name digests which are others by now."""
    now = {one.name: one.digest for one in override.originals}
    for file in reader.files.files.values():
        if file.app != override.app:
            continue
        text = file.source
        for name, digest in digests((file,)).items():
            if name in override.changed:
                text = text.replace(digest, now[name])
        if text != file.source:
            yield FileChange(file.path, file.source, text)
