"""Lists of apps that are no lists: a tuple is changed, and of one that code makes the line to write is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.batches.clinic import Clinic

TUPLES = (
    ("SHARED_APPS = [", "SHARED_APPS = ("),
    ('contenttypes",\n]\nTENANT_APPS = [', 'contenttypes",\n)\nTENANT_APPS = [app for app in ('),
    ('"records",\n]', '"records",\n) if app]'),
    ("INSTALLED_APPS = SHARED_APPS + [", "INSTALLED_APPS = list(SHARED_APPS) + ["),
)


def did(clinic: Clinic, *arguments: str) -> str:
    outcome = clinic.migwizard(*arguments)
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


@pytest.fixture
def tuples(small: Clinic) -> Path:
    """The settings of a clinic with a tuple, a list that code makes, and the ends of lines that Windows writes."""
    file = small.project.root / f"{small.project.settings.replace('.', '/')}.py"
    text = file.read_text()
    for old, new in TUPLES:
        assert text.count(old) == 1
        text = text.replace(old, new)
    file.write_bytes(text.replace("\n", "\r\n").encode())
    return file


def test_a_tuple_is_changed_and_what_is_made_of_it_follows(small: Clinic, tuples: Path) -> None:
    before = tuples.read_bytes()
    did(small, "repair", "add-app", "records", "SHARED_APPS", "--yes")
    assert tuples.read_bytes() == before.replace(
        b'contenttypes",\r\n)\r\nT', b'contenttypes",\r\n    "records",\r\n)\r\nT'
    )
    did(small, "repair", "migrate", "--all-schemas", "--yes")
    assert small.run("SELECT count(*) FROM public.records_patient") == [(0,)]
    assert small.migwizard("check", "--all-schemas", "--fail-on", "info").code == 0
    did(small, "repair", "remove-app", "records", "SHARED_APPS", "--yes")
    assert tuples.read_bytes() == before


def test_a_list_that_code_makes_is_left_alone_and_the_line_to_write_is_told(
    small: Clinic, tuples: Path
) -> None:
    before = tuples.read_bytes()
    for action, line in (
        ("add-app customers", '"customers",'),
        ("remove-app contenttypes", 'without "django.contrib.contenttypes",'),
    ):
        outcome = small.migwizard("repair", *action.split(), "TENANT_APPS", "--yes", "--format", "json")
        assert outcome.code == 1, outcome.stdout + outcome.stderr
        assert (outcome.json["outcome"], outcome.json["message"]) == (
            "refused",
            f"{tuples} does not write TENANT_APPS down as a literal, so write it by hand where the list is made:"
            f" {line}",
        )
    assert tuples.read_bytes() == before
