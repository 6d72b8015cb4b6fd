"""Replay files: made in one place, used in another."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project

from .conftest import Replayed, run
from .test_effects import migration, project_of

FIRST = migration('migrations.CreateModel("Order", [key(), ("no", models.IntegerField(db_index=True))])')
SECOND = migration('migrations.RenameField("Order", "no", "number")', "shop.0001_x")


@pytest.fixture
def project(tmp_path: Path, new_database: Callable[..., Any]) -> Project:
    return project_of(tmp_path / "project", new_database("sqlite"), FIRST, SECOND)


@pytest.fixture
def written(project: Project, replay: Callable[..., Replayed], tmp_path: Path) -> tuple[Replayed, Path]:
    """A replay, and the file that it was written to."""
    replayed = replay(project)
    path = tmp_path / "replay.jsonl"
    assert run(project, "write", str(path)).effects == replayed.effects
    return replayed, path


def elsewhere(tmp_path: Path, database: Any, *migrations: str) -> Project:
    return project_of(tmp_path / "elsewhere" / "project", database, *migrations)


def test_a_file_says_elsewhere_what_it_said_here(
    written: tuple[Replayed, Path], tmp_path: Path, new_database: Callable[..., Any]
) -> None:
    replayed, path = written
    project = elsewhere(tmp_path, new_database("sqlite"), FIRST, SECOND)
    assert run(project, "load", str(path)).effects == replayed.effects
    assert "sql" not in json.loads(path.read_text().splitlines()[1]), "nothing of the data leaves with it"


def test_nothing_is_written_before_a_replay(project: Project, tmp_path: Path) -> None:
    assert run(project, "write", str(tmp_path / "file")).error == (
        "ReplayRefused: The migrations have not been replayed to their end, so there is nothing to write."
    )
    assert not (tmp_path / "file").exists()


def test_what_a_file_does_not_cover_is_named(
    written: tuple[Replayed, Path], tmp_path: Path, new_database: Callable[..., Any]
) -> None:
    replayed, path = written
    third = migration('migrations.RenameField("Order", "number", "n")', "shop.0002_x")
    loaded = run(elsewhere(tmp_path, new_database("sqlite"), FIRST, SECOND, third), "load", str(path))
    assert loaded.effects is not None
    assert replayed.effects is not None
    assert loaded.effects.migrations == replayed.effects.migrations
    assert loaded.effects.failed_at == ("shop", "0003_x")
    assert loaded.effects.failure == f"{path} does not cover shop.0003_x."


def test_another_content_is_refused(
    written: tuple[Replayed, Path], tmp_path: Path, new_database: Callable[..., Any]
) -> None:
    _, path = written
    edited = elsewhere(tmp_path, new_database("sqlite"), FIRST + "# edited\n", SECOND)
    assert run(edited, "load", str(path)).error == (
        f"ReplayRefused: {path} was replayed with another shop.0001_x, or another of those it depends on."
    )


def test_a_migration_that_is_not_here_is_refused(
    written: tuple[Replayed, Path], tmp_path: Path, new_database: Callable[..., Any]
) -> None:
    _, path = written
    assert run(elsewhere(tmp_path, new_database("sqlite"), FIRST), "load", str(path)).error == (
        f"ReplayRefused: {path} has shop.0002_x, which is not a migration here."
    )


def test_another_server_is_refused(
    written: tuple[Replayed, Path], tmp_path: Path, new_database: Callable[..., Any]
) -> None:
    _, path = written
    project = elsewhere(tmp_path, new_database("postgresql"), FIRST, SECOND)
    assert run(project, "load", str(path)).error == (
        f"ReplayRefused: {path} was replayed on sqlite 3, and this database is postgresql 18."
    )


@pytest.mark.parametrize("content", ["", "{", "[]\n[]\n", '{"format": 1}\n', "\x00\x01"])
def test_what_is_no_replay_file_is_refused(project: Project, tmp_path: Path, content: str) -> None:
    path = tmp_path / "file"
    path.write_text(content)
    error = run(project, "load", str(path)).error
    assert error in (
        f"ReplayRefused: {path} is not a replay file.",
        f"ReplayRefused: {path} was written by another version of migwizard; write it again.",
    )


def test_a_file_that_is_not_there_is_refused(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert run(project, "load", str(path)).error == (
        f"ReplayRefused: {path} cannot be read: No such file or directory."
    )
