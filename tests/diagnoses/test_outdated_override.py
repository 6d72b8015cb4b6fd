"""The diagnosis outdated-override."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.situation import ModelChange
from migwizard.core.sources.override import Original, Override, digests, provenance, provenance_lines
from migwizard.diagnoses.outdated_override import find

from .build import chain, migration, situation

MADE_FROM = provenance_lines(
    "django-oauth-toolkit", "3.0", (Original("0001_initial", "a" * 64), Original("0002_b", "b" * 64))
)
SQUASH = migration("oauth.0001_squashed_0002_b", replaces=(("oauth", "0001_initial"), ("oauth", "0002_b")))
SQUASH = replace(SQUASH, file=replace(SQUASH.file, source="\n".join(("Stands for both.", "", *MADE_FROM))))

OVERRIDE = Override(
    "oauth",
    "config.overrides.oauth",
    "/srv/shop/config/overrides/oauth",
    True,
    "oauth.migrations",
    (
        Original("0001_initial", "a" * 64),
        Original("0002_b", "c" * 64),
        Original("0003_note", "d" * 64, descriptions=("Add field note to token",)),
    ),
    distribution="django-oauth-toolkit",
    version="3.4",
)


def made(override, *migrations, **other):
    """A situation with an override."""
    return replace(situation([SQUASH, *migrations], **other), overrides=(override,))


def test_new_migrations_are_told_with_what_they_do():
    (finding,) = find(made(replace(OVERRIDE, new=("0003_note",))))
    assert (finding.id, finding.severity) == ("outdated-override:oauth", "warning")
    assert finding.summary == (
        "config.overrides.oauth, which has the migrations of oauth, lacks 1 migration (0003_note) of"
        " django-oauth-toolkit 3.4."
    )
    assert finding.evidence == ("0003_note: add field note to token",)
    assert [(one.name, one.recommended) for one in finding.repairs] == [("update-override", True)]


def test_files_of_other_versions_are_told_with_their_digests():
    (finding,) = find(made(replace(OVERRIDE, changed=("0002_b",))))
    assert finding.severity == "warning"
    assert finding.summary == (
        "config.overrides.oauth, which has the migrations of oauth, was made from other versions of 0002_b of"
        " django-oauth-toolkit 3.4."
    )
    assert finding.evidence == ("0002_b is cccccccccccc now, and was bbbbbbbbbbbb",)


def test_it_is_an_error_once_the_models_are_ahead():
    ahead = replace(
        made(replace(OVERRIDE, new=("0003_note",))),
        model_changes=(ModelChange("oauth", "Add field note to token", False),),
    )
    (finding,) = find(ahead)
    assert finding.severity == "error"
    assert finding.evidence[-1] == "The models of oauth are ahead of its migrations"


def test_it_is_an_error_once_something_depends_on_what_is_missing():
    (finding,) = find(made(replace(OVERRIDE, new=("0003_note",)), migration("shop.0001", "oauth.0003_note")))
    assert finding.severity == "error"
    assert finding.evidence[-1] == "shop.0001 depends on 0003_note"


def test_an_override_of_somebody_else_is_told_without_a_repair():
    (finding,) = find(made(replace(OVERRIDE, new=("0003_note",), own=False)))
    assert finding.repairs == ()


def test_an_override_that_knows_everything_is_no_finding():
    assert find(made(OVERRIDE)) == ()
    assert find(situation(chain("shop.0001"))) == ()


@pytest.mark.parametrize("mark", ["", "# "])
def test_where_it_was_made_from_is_read_back(mark):
    text = "\n".join(f"{mark}{line}".rstrip() for line in MADE_FROM)
    found = provenance(f"x = 1\n{text}\ny = 2\n")
    assert (found.distribution, found.version) == ("django-oauth-toolkit", "3.0")
    assert [(one.name, one.digest[0]) for one in found.originals] == [("0001_initial", "a"), ("0002_b", "b")]
    assert digests([SQUASH.file]) == {"0001_initial": "a" * 64, "0002_b": "b" * 64}


def test_a_text_that_says_nothing_has_no_provenance():
    assert provenance("class Migration: pass\n") is None
