"""Replay files: effects that were replayed elsewhere, in CI say, for where no scratch database may be made."""

from __future__ import annotations

import json
from pathlib import Path

from ...core.graph import Graph
from ...core.schema.codec import Decoder, encode
from ...core.truths.effects import Effects
from .cache import FORMAT, Salt, cache_keys
from .server import ReplayRefused


def write_effects(path: Path, effects: Effects, graph: Graph, salt: Salt) -> None:
    """Write effects with what tells, elsewhere, that they are those of the same files.

    The first line says what they were replayed on; then comes one line a migration, and what signals did.
    """
    keys = cache_keys(graph, "")
    head = {"format": FORMAT, "vendor": salt.vendor, "version": salt.version, "django": salt.django}
    head |= {"kind": salt.kind} if salt.kind else {}
    lines = [head]
    lines += [{"key": keys[each.key], "migration": encode(each)} for each in effects.migrations]
    lines.append({"signals": encode(effects.signals)})
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(
        "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8"
    )
    beside.replace(path)


def load_file(path: Path, graph: Graph, salt: Salt | None = None) -> Effects:
    """Return the effects in a file that was replayed elsewhere.

    Whatever is in the file must be in the graph, with the same content and the same dependencies. What is only in the
    graph is not covered: then `failure` says so, and `failed_at` is the first such migration. The server must be of
    the same kind and major version, when `salt` is given, because each prints types and defaults in its own way;
    Django's version may differ.

    Raises:
        ReplayRefused: when the file cannot be used here.
    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        head, *migrations, signals = lines
        if head["format"] != FORMAT:
            raise ReplayRefused(f"{path} was written by another version of migwizard; write it again.")
        _check_server(path, head, salt)
        decoder = Decoder()
        found = tuple([(line["key"], decoder.migration(line["migration"])) for line in migrations])
        changes = decoder.changes(signals["signals"])
    except OSError as error:
        raise ReplayRefused(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ReplayRefused(f"{path} is not a replay file.") from error
    keys = cache_keys(graph, "")
    for key, effects in found:
        name = ".".join(effects.key)
        if effects.key not in keys:
            raise ReplayRefused(f"{path} has {name}, which is not a migration here.")
        if keys[effects.key] != key:
            raise ReplayRefused(
                f"{path} was replayed with another {name}, or another of those it depends on."
            )
    covered = {effects.key for _, effects in found}
    missing = next((node for node in graph.nodes if node not in covered), None)
    failure = f"{path} does not cover {'.'.join(missing)}." if missing else ""
    return Effects(tuple(effects for _, effects in found), failure, missing, changes)


def _check_server(path: Path, head: dict[str, object], salt: Salt | None) -> None:
    if salt is None:
        return
    theirs, ours = (head["vendor"], head["version"]), (salt.vendor, salt.version)
    if theirs != ours:
        raise ReplayRefused(
            f"{path} was replayed on {theirs[0]} {theirs[1]}, and this database is {ours[0]} {ours[1]}."
        )
    kind = head.get("kind", "")
    if kind != salt.kind:
        raise ReplayRefused(
            f"{path} was replayed for schemas of the kind {kind or 'none'!r}, and this one is {salt.kind or 'none'!r}."
        )
