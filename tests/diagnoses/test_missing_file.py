"""Records without a file."""

from __future__ import annotations

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.core.situation import ProjectInfo
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.missing_file import find

from .build import RUN_PYTHON, chain, ids, key, migration, situation

NAMES = ("shop.0001_initial", "shop.0002_order")
ALL = " ".join(NAMES)


def test_a_record_whose_file_is_nowhere():
    made = situation(chain(*NAMES), ALL + " shop.0099_gone")
    assert diagnose(made, strict=True) == (
        Finding(
            "missing-file:shop.0099_gone",
            "missing-file",
            "warning",
            Subject("shop", "0099_gone", schema="public"),
            "shop.0099_gone is recorded as applied, but no file of the project has that name.",
            evidence=(
                "django_migrations has the row shop.0099_gone of 2026-03-01 10:00",
                "no squashed migration replaces it, and no file depends on it",
            ),
            repairs=(Offer("prune", "Delete the record of shop.0099_gone", "careful", recommended=True),),
        ),
    )


def test_records_of_an_app_that_is_not_installed_are_one_info():
    made = situation(chain(*NAMES), ALL + " old.0001 old.0002 older.0001")
    assert find(made) == (
        Finding(
            "missing-file:old",
            "missing-file",
            "info",
            Subject("old", schema="public"),
            "2 records of the app old have no file, as the app is not installed.",
            evidence=(
                "django_migrations has the row old.0001 of 2026-03-01 10:00",
                "django_migrations has the row old.0002 of 2026-03-01 10:00",
                "they do no harm; the action `prune old` deletes them",
            ),
        ),
        Finding(
            "missing-file:older",
            "missing-file",
            "info",
            Subject("older", schema="public"),
            "1 record of the app older has no file, as the app is not installed.",
            evidence=(
                "django_migrations has the row older.0001 of 2026-03-01 10:00",
                "they do no harm; the action `prune older` deletes them",
            ),
        ),
    )


def test_an_installed_app_without_migrations_is_installed():
    (finding,) = find(situation(chain(*NAMES), ALL + " plain.0001", unmigrated=["plain"]))
    assert (finding.id, finding.severity) == ("missing-file:plain.0001", "warning")


def test_what_a_squash_replaces_is_no_ghost():
    squash = migration("shop.0001_squashed_0002", "", replaces=(key(NAMES[0]), key(NAMES[1])))
    made = situation([squash], ALL + " shop.0001_squashed_0002")
    assert find(made) == ()


def test_a_record_that_another_file_depends_on_is_a_missing_dependency():
    made = situation([migration("shop.0003_note", "shop.0002_order")], "shop.0002_order shop.0003_note")
    assert ids(diagnose(made, strict=True)) == ["missing-dependency:shop.0002_order"]


def test_what_may_be_an_old_name_is_not_offered_to_be_pruned():
    made = situation(
        [*chain(NAMES[0]), migration("shop.0002_rows", NAMES[0], RUN_PYTHON)], NAMES[0] + " shop.0002_old"
    )
    (finding,) = find(made)
    assert finding.evidence[-1] == (
        "shop.0002_rows, which is not recorded, may be its new name, but nothing in the database shows it"
    )
    assert finding.repairs == ()


def test_while_the_project_cannot_be_loaded_nothing_is_certain():
    broken = ProjectInfo("/srv/shop", "shop.settings", errors=("No module named 'x'.",))
    found = find(situation(chain(*NAMES), ALL + " shop.0099_gone old.0001", project=broken))
    assert [(f.severity, f.confirmed, f.repairs) for f in found] == [("info", False, ())] * 2
    assert found[0].evidence[-1] == (
        "not certain: the project could not be loaded as a whole, so files may seem missing that are not"
    )
