"""Deleted migration files brought back from version control: what is planned from what was found."""

from __future__ import annotations

import subprocess
from datetime import datetime, timezone

import pytest

from migwizard.core.finding import Offer
from migwizard.core.plan import Question, Step
from migwizard.core.sources.lost import LostFile
from migwizard.diagnoses import diagnose
from migwizard.repairs import Impossible, Request, WrongArguments, make_plan
from tests.diagnoses.build import chain, key, migration, situation

pytest_plugins = ["tests.running.fixtures"]

DAY = datetime(2026, 3, 4, 10, tzinfo=timezone.utc)
NAMES = "shop.0001_initial shop.0002_order"
NOWHERE = "no branch, tag, stash or commit of the git repository has its file"


def lost(name: str, where: str = "branch side", *dependencies: str, **other: object) -> LostFile:
    app, label = key(name)
    other = {
        "path": f"/srv/shop/{app}/migrations/{label}.py",
        "content": f"# {where}\n",
        "date": DAY,
        "revision": f"side:{app}/migrations/{label}.py",
    } | other
    return LostFile(where, dependencies=tuple(key(one) for one in dependencies), **other)


def made(found: dict[str, list[LostFile]], recorded: str = f"{NAMES} shop.0003_gone", files=None):
    files = chain(*NAMES.split()) if files is None else files
    versions = {key(name): tuple(of_key) for name, of_key in found.items()}
    return situation(files, recorded, lost_files=versions, lost_files_nowhere=NOWHERE)


def restore(found, *arguments: str, answer: str = "", **options):
    settings = {"from": answer} if answer else {}
    return make_plan(
        made(found, **options),
        "restore-file",
        Request(arguments=arguments or ("shop", "0003_gone"), settings=settings),
    )


GONE = lost("shop.0003_gone", "branch side", "shop.0002_order", also=("tag v1", "tag v2", "tag v3", "tag v4"))


def test_a_record_without_a_file_offers_to_restore_what_git_has():
    before = made({"shop.0003_gone": [GONE]})
    (finding,) = diagnose(before, strict=True)
    assert finding.evidence[2] == "git has its file: branch side (also tag v1, tag v2 and 2 others)"
    assert finding.repairs == (
        Offer("restore-file", "Bring its file back from version control: branch side", "careful", True),
        Offer("prune", "Delete the record of shop.0003_gone", "careful"),
    )
    plan = make_plan(before, "restore-file", Request(finding))
    assert (plan.title, plan.safety, plan.expects, plan.reveals, plan.asks, plan.risks) == (
        "Restore shop.0003_gone: branch side",
        "careful",
        ("missing-file:shop.0003_gone",),
        True,
        (),
        (),
    )
    assert plan.steps == (
        Step(
            "file",
            "shop.0003_gone is recorded but has no file; git has it: branch side, written on 2026-03-04.",
            migration=("shop", "0003_gone"),
            path="/srv/shop/shop/migrations/0003_gone.py",
            content="# branch side\n",
            undo="Delete the file again.",
            command="none: `git show side:shop/migrations/0003_gone.py > shop/migrations/0003_gone.py`",
        ),
    )


def test_a_dependency_that_is_missing_offers_it_too():
    files = [*chain(*NAMES.split()), migration("shop.0004_last", "shop.0003_gone")]
    before = made({"shop.0003_gone": [GONE]}, f"{NAMES} shop.0004_last", files)
    finding = diagnose(before, strict=True)[0]
    assert finding.id == "missing-dependency:shop.0003_gone"
    assert [offer.name for offer in finding.repairs] == ["restore-file"]
    plan = make_plan(before, "restore-file", Request(finding))
    assert plan.steps[0].why.startswith("shop.0003_gone is needed but has no file;")
    assert plan.risks == (
        "shop.0003_gone is not recorded, but applied migrations need it: the history is inconsistent then.",
    )


def test_of_several_versions_the_first_that_fits_is_taken_and_another_can_be_chosen():
    unfit = lost("shop.0003_gone", "branch new", "shop.0002_other")
    found = {"shop.0003_gone": [unfit, GONE, lost("shop.0003_gone", "stash@{0}", "shop.0002_order")]}
    plan = restore(found)
    assert plan.steps[0].content == "# branch side\n"
    assert plan.asks == (
        Question(
            "from",
            "Which version of shop.0003_gone is to be restored?",
            ("branch new", "branch side", "stash@{0}"),
            "branch side",
        ),
    )
    assert plan.risks == (
        "There are 3 versions of shop.0003_gone that differ; this is not the one of branch new or stash@{0}.",
    )
    for answer in ("branch new", "new"):
        plan = restore(found, answer=answer)
        assert plan.steps[0].content == "# branch new\n"
        assert plan.risks[1] == (
            "shop.0003_gone depends on shop.0002_other, which the project does not have either."
        )
    assert restore(found, answer="tag v2").steps[0].content == "# branch side\n"
    with pytest.raises(WrongArguments) as caught:
        restore(found, answer="branch")
    assert (
        str(caught.value)
        == "--set from=branch does not say which of these: branch new; branch side; stash@{0}."
    )


def test_what_it_depends_on_comes_back_first_and_from_the_same_place():
    found = {
        "shop.0004_last": [lost("shop.0004_last", "branch side", "shop.0003_gone")],
        "shop.0003_gone": [lost("shop.0003_gone", "branch main", "shop.0002_order"), GONE],
    }
    plan = restore(found, "shop", "0004", recorded=f"{NAMES} shop.0003_gone shop.0004_last")
    assert plan.title == "Restore shop.0004_last and 1 more: branch side"
    assert [(step.migration, step.content) for step in plan.steps] == [
        (("shop", "0003_gone"), "# branch side\n"),
        (("shop", "0004_last"), "# branch side\n"),
    ]
    assert plan.asks == ()


def test_it_says_what_is_not_in_order_afterwards():
    files = [*chain(*NAMES.split()), migration("shop.0003_new", "shop.0002_order")]
    found = {
        "shop.0003_gone": [lost("shop.0003_gone", "branch side, as old/migrations/0003_gone.py", exact=False)]
    }
    plan = restore({"shop.0003_gone": [GONE]}, files=files)
    assert plan.risks == (
        "shop has 2 last migrations then (0003_gone, 0003_new), and Django refuses to migrate until they are merged.",
    )
    plan = restore({"shop.0003_gone": [GONE]}, recorded=NAMES)
    assert plan.risks == (
        "shop.0003_gone is not recorded: it is pending then, and the next migrate runs it.",
    )
    plan = restore(found)
    assert (
        plan.risks[0]
        == "shop.0003_gone was found under another app's folder; look at its content before you restore it."
    )
    (finding, *_) = diagnose(made(found), strict=True)
    assert [offer.name for offer in finding.repairs] == ["prune"]


def test_a_package_that_is_gone_is_made_again():
    init = "/srv/shop/shop/migrations/__init__.py"
    plan = restore(
        {"shop.0003_gone": [lost("shop.0003_gone", package=init)]}, files=[], recorded="shop.0003_gone"
    )
    assert [(step.path, step.content) for step in plan.steps] == [
        (init, ""),
        ("/srv/shop/shop/migrations/0003_gone.py", "# branch side\n"),
    ]


RENAMED = lost(
    "shop.0003_gone",
    'renamed to 0003_note by 3f2a1c9 of 2026-03-05 "Better"',
    "shop.0002_order",
    renamed_to="0003_note",
)
COMPILED = lost(
    "shop.0003_gone", "compiled only: shop/migrations/__pycache__/0003_gone.cpython-312.pyc", content=None
)


@pytest.mark.parametrize(
    ("found", "arguments", "reason"),
    [
        (
            {"shop.0003_gone": []},
            ("shop", "0003_gone"),
            f"shop.0003_gone cannot be restored: {NOWHERE}.",
        ),
        (
            {"shop.0003_gone": [COMPILED]},
            ("shop", "0003"),
            f"shop.0003_gone cannot be restored: {NOWHERE}, and from byte code"
            " (shop/migrations/__pycache__/0003_gone.cpython-312.pyc) no file can be restored.",
        ),
        (
            {"shop.0003_gone": [RENAMED]},
            ("shop", "0003_gone"),
            'shop.0003_gone is not lost, but renamed to 0003_note by 3f2a1c9 of 2026-03-05 "Better": restored, its'
            " operations would be there twice. Its record can get the new name: rename-record shop 0003_gone"
            " 0003_note.",
        ),
        (
            {},
            ("shop", "0009_x"),
            "Nobody misses a file of shop.0009_x: it is not recorded, no file of the project's own apps depends on it,"
            " or its app does not belong to the project.",
        ),
        (
            {},
            ("shop", "0001_initial"),
            "shop.0001_initial has its file: /srv/shop/shop/migrations/0001_initial.py.",
        ),
        ({}, ("shop",), "Name an app and a migration: restore-file APP MIGRATION."),
    ],
)
def test_what_cannot_be_restored_is_refused(found, arguments, reason):
    with pytest.raises(Impossible) as caught:
        restore(found, *arguments)
    assert str(caught.value) == reason


def test_byte_code_and_what_was_not_found_are_evidence():
    (finding,) = diagnose(made({"shop.0003_gone": [COMPILED]}), strict=True)
    assert finding.evidence[2:] == (NOWHERE, f"{COMPILED.where}: no file can be restored from that")
    assert [offer.name for offer in finding.repairs] == ["prune"]


def test_a_commit_that_renamed_the_file_shows_the_new_name_whatever_it_is():
    files = [*chain(*NAMES.split()), migration("shop.0007_quite_another", "shop.0002_order")]
    found = {"shop.0003_gone": [lost("shop.0003_gone", "renamed to …", renamed_to="0007_quite_another")]}
    before = made(found, files=files)
    (finding,) = diagnose(before, strict=True)
    assert finding.id == "renamed-migration:shop.0003_gone"
    assert [offer.name for offer in finding.repairs] == ["rename-record"]
    plan = make_plan(before, "rename-record", Request(finding))
    assert plan.steps[0].new_name == "0007_quite_another"
    with pytest.raises(Impossible, match=r"may be an earlier name of shop\.0007_quite_another"):
        make_plan(before, "prune", Request(arguments=("shop",)))


def committed(shop, *messages_and_changes):
    """A git repository of a shop's project, with a commit after each change."""

    def git(*arguments):
        owner = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *owner, *arguments], cwd=shop.project.root, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch", "main")
    for message, change in (("Begin", lambda git: None), *messages_and_changes):
        change(git)
        git("add", "--all")
        git("commit", "--quiet", "--allow-empty", "--message", message)
    return git


def test_a_deleted_file_that_others_depend_on_is_brought_back(shop):
    path = shop.project.root / "shop/migrations/0003_paid.py"
    text, before = path.read_bytes(), shop.contents()
    committed(shop, ("Tidied", lambda git: path.unlink()))
    found, plan, report, left, clean = shop.bench(
        ["read"],
        ["plan", "restore-file", [], "missing-dependency:shop.0003_paid"],
        ["execute"],
        ["read"],
        ["clean"],
    )
    assert "missing-dependency:shop.0003_paid" in found
    assert plan["title"].startswith("Restore shop.0003_paid: deleted by ")
    assert report["outcome"] == "done", report
    assert (left, clean) == ([], [])
    assert path.read_bytes() == text
    assert shop.contents() == before


def test_a_file_of_another_branch_comes_back_although_two_leaves_are_left(shop):
    last = shop.project.root / "shop/migrations/0005_last.py"
    operation = 'migrations.AddField("order", "late", models.BooleanField(default=False))'
    source = (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f'    dependencies = [("shop", "0004_coupon")]\n    operations = [{operation}]\n'
    )

    def on_a_branch(git):
        git("checkout", "--quiet", "-b", "feature/late")
        last.write_text(source)
        assert shop.project.manage("migrate", "--verbosity", "0").code == 0

    git = committed(shop, ("Late", on_a_branch))
    git("checkout", "--quiet", "main")
    other = source.replace(operation, "")
    (shop.project.root / "shop/migrations/0005_other.py").write_text(other)
    found, plan, report, left = shop.bench(
        ["read"],
        ["plan", "restore-file", [], "missing-file:shop.0005_last"],
        ["execute"],
        ["read"],
    )
    # What the lost migration made is not certain to be wrong, and is not taken away.
    assert [name for name in found if "late" in name] == ["schema-drift:shop_order.late:column-unknown"]
    assert plan["title"] == "Restore shop.0005_last: branch feature/late"
    assert plan["risks"] == [
        "shop has 2 last migrations then (0005_last, 0005_other), and Django refuses to migrate until they are merged."
    ]
    assert report["outcome"] == "done", report
    assert last.read_text() == source
    assert left[0] == "conflicting-leaves:shop"
    assert not [name for name in left if "drift" in name]
