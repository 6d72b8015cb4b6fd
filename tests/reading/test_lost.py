"""Migration files that are missing, and what git still has of them."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest

from migwizard.core.graph import Graph, MigrationFile
from migwizard.core.graph.build import build
from migwizard.core.situation import ProjectInfo
from migwizard.reading import git, lost
from migwizard.reading.packages import AppPackage
from migwizard.reading.project import Project

GONE = ("shop", "0002_gone")
DAY = "2026-03-0{} 10:00:00 +0000"


def text(*dependencies: tuple[str, str], comment: str = "") -> str:
    """A migration file."""
    return f"{comment}class Migration(migrations.Migration):\n    dependencies = {list(dependencies)!r}\n"


class Checkout:
    """A project in a git repository."""

    def __init__(self, top: Path, root: Path) -> None:
        self.top, self.root, self.day = top, root, 0
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch", "main", str(top))
        self.write("shop/migrations/__init__.py", "")
        self.write("shop/migrations/0001_initial.py", text())
        self.commit("Begin")

    def git(self, *arguments: str, **more: str) -> str:
        self.day += 1
        when = DAY.format(min(self.day, 9))
        environment = {
            **os.environ,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_DATE": when,
        }
        return subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments],
            cwd=self.root,
            env=environment | more,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def write(self, path: str, content: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        return file

    def commit(self, message: str, day: int = 0) -> str:
        self.git("add", "--all")
        self.day = day - 1 if day else self.day
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def project(self, *labels: str) -> Project:
        packages = []
        for label in labels or ("shop",):
            folder = self.root / label
            folders = (str(folder / "migrations"),) if (folder / "migrations").is_dir() else ()
            packages.append(
                AppPackage(label, f"{label}.migrations", folders, bool(folders), path=str(folder))
            )
        return Project(ProjectInfo(str(self.root), "config.settings"), True, tuple(packages))

    def find(self, *keys: tuple[str, str], labels: tuple[str, ...] = ()) -> lost.Lost:
        project = self.project(*labels)
        files = {
            (package.label, path.stem): MigrationFile(package.label, path.stem, str(path))
            for package in project.packages
            for folder in package.folders
            for path in Path(folder).glob("0*.py")
        }
        return lost.find(project, build(files, ()), keys or (GONE,))

    def where(self, *keys: tuple[str, str], **options: tuple[str, ...]) -> list[str]:
        return [one.where for one in self.find(*keys, **options).files[(keys or (GONE,))[0]]]


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "work", tmp_path / "work")


def test_a_file_deleted_by_a_commit_is_found_with_its_text_and_date(checkout):
    file = checkout.write("shop/migrations/0002_gone.py", text(("shop", "0001_initial")))
    checkout.commit("Add a note", day=4)
    checkout.git("rm", "--quiet", "shop/migrations/0002_gone.py")
    commit = checkout.commit('Clean\x1b[31m "up"', day=6)
    (found,) = checkout.find().files[GONE]
    assert found.where == f'deleted by {commit[:7]} of 2026-03-06 "Clean [31m "up""'
    assert found.content == text(("shop", "0001_initial"))
    assert found.path == str(file)
    assert found.dependencies == (("shop", "0001_initial"),)
    assert found.date == datetime(2026, 3, 4, 10, tzinfo=timezone.utc)
    assert checkout.git("show", found.revision) == found.content
    assert (found.renamed_to, found.package, found.checked_out) == ("", "", False)


def test_a_file_deleted_in_the_work_tree_is_in_head_or_in_the_index(checkout):
    file = checkout.write("shop/migrations/0002_gone.py", text(("shop", "0001_initial")))
    checkout.git("add", "--all")
    file.unlink()
    (found,) = checkout.find().files[GONE]
    assert (found.where, found.checked_out, found.date) == ("the index", True, None)
    assert checkout.git("show", found.revision) == found.content
    checkout.git("commit", "--quiet", "--message", "Staged")
    (found,) = checkout.find().files[GONE]
    assert (found.where, found.also) == ("HEAD", ("the index", "branch main"))


def test_branches_remote_branches_tags_and_stashes_are_looked_into(checkout):
    checkout.git("checkout", "--quiet", "-b", "feature/x")
    for day, name in enumerate(("0002_gone", "0003_far", "0004_tagged"), 3):
        checkout.write(f"shop/migrations/{name}.py", text(("shop", "0001_initial"), comment=f"# {name}\n"))
        commit = checkout.commit(name, day=day)
    checkout.git("update-ref", "refs/remotes/origin/far", commit + "^")
    checkout.git("tag", "v1")
    checkout.git("reset", "--quiet", "--hard", "HEAD~2")
    checkout.git("checkout", "--quiet", "main")
    for name in ("0005_first", "0006_second"):
        checkout.write(f"shop/migrations/{name}.py", text(comment=f"# {name}\n"))
        checkout.git("stash", "push", "--quiet", "--include-untracked")
    checkout.write("shop/migrations/0007_staged.py", text())
    checkout.git("add", "--all")
    checkout.git("stash", "push", "--quiet")
    keys = [("shop", n) for n in ("0003_far", "0004_tagged", "0005_first", "0006_second", "0007_staged")]
    found = checkout.find(GONE, *keys).files
    assert {key[1]: [one.where for one in versions] for key, versions in found.items()} == {
        "0002_gone": ["branch feature/x"],
        "0003_far": ["remote branch origin/far"],
        "0004_tagged": ["tag v1"],
        "0005_first": ["stash@{2}"],
        "0006_second": ["stash@{1}"],
        "0007_staged": ["stash@{0}"],
    }
    for versions in found.values():
        assert checkout.git("show", versions[0].revision) == versions[0].content
    assert found[GONE][0].also == ("remote branch origin/far", "tag v1")


def test_versions_that_differ_are_told_apart_the_newest_first(checkout):
    for day, branch in ((3, "old"), (5, "new")):
        checkout.git("checkout", "--quiet", "-b", branch, "main")
        checkout.write("shop/migrations/0002_gone.py", text(comment=f"# {branch}\n"))
        checkout.commit(branch, day=day)
    checkout.git("checkout", "--quiet", "main")
    assert checkout.where() == ["branch new", "branch old"]


def test_a_deletion_on_another_branch_does_not_hide_where_the_file_still_is(checkout):
    checkout.git("checkout", "--quiet", "-b", "kept")
    checkout.write("shop/migrations/0002_gone.py", text())
    checkout.commit("kept", day=3)
    checkout.git("checkout", "--quiet", "-b", "dropped")
    checkout.git("rm", "--quiet", "shop/migrations/0002_gone.py")
    commit = checkout.commit("drop", day=5)
    checkout.git("checkout", "--quiet", "main")
    (found,) = checkout.find().files[GONE]
    assert found.where == "branch kept"
    assert found.also == (f'deleted by {commit[:7]} of 2026-03-05 "drop"',)


def test_what_a_merge_left_out_and_what_nothing_leads_to(checkout):
    checkout.git("checkout", "--quiet", "-b", "side")
    checkout.write("shop/migrations/0002_gone.py", text())
    commit = checkout.commit("side", day=3)
    checkout.git("checkout", "--quiet", "main")
    checkout.git("merge", "--quiet", "--no-ff", "--strategy", "ours", "side", "--message", "Ours")
    checkout.git("branch", "--quiet", "-D", "side")
    assert checkout.where() == [f'commit {commit[:7]} of 2026-03-03 "side"']
    checkout.git("reset", "--quiet", "--hard", "HEAD^")
    assert checkout.where() == []


def test_a_renamed_file_says_its_new_name(checkout):
    body = text(("shop", "0001_initial"), comment="# A note of some length, by which it is known again.\n")
    checkout.write("shop/migrations/0002_gone.py", body)
    checkout.commit("Add", day=3)
    checkout.git("mv", "shop/migrations/0002_gone.py", "shop/migrations/0002_note.py")
    commit = checkout.commit("A better name", day=5)
    (found,) = checkout.find().files[GONE]
    assert found.where == f'renamed to 0002_note by {commit[:7]} of 2026-03-05 "A better name"'
    assert found.renamed_to == "0002_note"


def test_what_a_lost_file_depends_on_is_looked_for_too(checkout):
    checkout.git("checkout", "--quiet", "-b", "side")
    checkout.write("shop/migrations/0002_gone.py", text(("shop", "0001_initial")))
    checkout.write("shop/migrations/0003_also.py", text(("shop", "0002_gone"), ("auth", "0001_initial")))
    checkout.commit("Two", day=3)
    checkout.git("checkout", "--quiet", "main")
    found = checkout.find(("shop", "0003_also")).files
    assert {key: [one.where for one in versions] for key, versions in found.items()} == {
        ("shop", "0003_also"): ["branch side"],
        ("shop", "0002_gone"): ["branch side"],
    }


def test_an_app_that_was_moved_or_renamed_and_a_project_below_the_top(tmp_path):
    checkout = Checkout(tmp_path / "mono", tmp_path / "mono" / "sites" / "one")
    checkout.write("old/shop/migrations/0002_gone.py", text(comment="# moved\n"))
    checkout.write("store/migrations/0002_gone.py", text(("shop", "0001_initial"), comment="# renamed\n"))
    checkout.write("other/migrations/0002_gone.py", text(("other", "0001_initial")))
    checkout.write("billing/migrations/0002_gone.py", text(("shop", "0001_initial"), comment="# billing\n"))
    checkout.write("notes/0002_gone.py", text())
    checkout.commit("Then", day=3)
    checkout.git("rm", "--quiet", "-r", "old", "store", "other", "notes")
    commit = checkout.commit("Now", day=5)
    by = f'deleted by {commit[:7]} of 2026-03-05 "Now", as sites/one'
    assert checkout.where(labels=("shop", "billing")) == [
        f"{by}/old/shop/migrations/0002_gone.py",
        f"{by}/store/migrations/0002_gone.py",
    ]


def test_a_package_that_is_gone_as_a_whole_is_made_again(checkout):
    checkout.write("shop/models.py", "")
    checkout.commit("Models")
    checkout.git("rm", "--quiet", "-r", "shop/migrations")
    checkout.commit("No migrations", day=5)
    (found,) = checkout.find(("shop", "0001_initial")).files["shop", "0001_initial"]
    assert found.path == str(checkout.root / "shop/migrations/0001_initial.py")
    assert found.package == str(checkout.root / "shop/migrations/__init__.py")


def test_what_is_no_migration_is_not_offered(checkout):
    file = checkout.write("shop/migrations/0002_gone.py", "x = 1\n")
    for content in (b"<<<<<<< HEAD\n", b"class Migration:\n    x = '\xff'\n", b"#" * 1_000_001):
        file.write_bytes(content)
        checkout.commit("No migration")
    file.unlink()
    checkout.commit("Gone")
    assert checkout.where() == []


def test_only_byte_code_is_left(checkout):
    checkout.write("shop/migrations/__pycache__/0002_gone.cpython-312.pyc", "")
    (found,) = checkout.find().files[GONE]
    assert found.where == "compiled only: shop/migrations/__pycache__/0002_gone.cpython-312.pyc"
    assert found.content is None


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "0002\n0003",
        "--output=x",
        "__init__",
        "",
        "*",
        "0002_gone'; x",
        "\x00",
        "a/b",
        "x" * 300,
    ],
)
def test_hostile_names_are_never_looked_for(checkout, name):
    assert checkout.find(("shop", name)).files == {}


def test_a_hostile_repository_runs_nothing(checkout, tmp_path):
    checkout.write("shop/migrations/0002_gone.py", text())
    checkout.commit("Add")
    checkout.git("rm", "--quiet", "shop/migrations/0002_gone.py")
    checkout.commit("Gone")
    mark = tmp_path / "mark"
    script = checkout.root / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    script.chmod(0o755)
    for name in (
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "core.editor",
        "gpg.program",
        "core.askpass",
    ):
        checkout.git("config", name, str(script))
    checkout.git("config", "log.showSignature", "true")
    checkout.git("config", "diff.x.textconv", str(script))
    (checkout.root / ".gitattributes").write_text("* diff=x filter=x\n")
    checkout.git("config", "filter.x.smudge", str(script))
    mark.unlink(missing_ok=True)
    assert len(checkout.where()) == 1
    assert not mark.exists()


def test_nothing_in_the_repository_changes(checkout):
    checkout.write("shop/migrations/0002_gone.py", text())
    checkout.commit("Add")
    (checkout.root / "shop/migrations/0002_gone.py").unlink()
    # An index whose times are stale is what git would like to write again.
    os.utime(checkout.root / "shop/migrations/0001_initial.py", (1, 1))

    def state():
        files = [path for path in (checkout.top / ".git").rglob("*") if path.is_file()]
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = state()
    assert checkout.where() == ["HEAD"]
    assert state() == before


def test_variables_of_a_hook_do_not_lead_elsewhere(checkout, tmp_path, monkeypatch):
    checkout.write("shop/migrations/0002_gone.py", text())
    checkout.git("add", "--all")
    (checkout.root / "shop/migrations/0002_gone.py").unlink()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert checkout.where() == ["the index"]


def test_where_git_cannot_be_asked_it_says_so(checkout, tmp_path, monkeypatch):
    begin = "its file was not looked for in version control, as "
    assert checkout.find().nowhere == "no branch, tag, stash or commit of the git repository has its file"
    plain = tmp_path / "plain"
    (plain / "shop/migrations").mkdir(parents=True)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    outside = object.__new__(Checkout)
    outside.root = plain
    assert outside.find() == lost.Lost({GONE: ()}, f"{begin}the project is in no git repository")
    with monkeypatch.context() as patch:
        patch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        patch.setattr(git, "KEPT", (*git.KEPT, "GIT_TEST"))
        assert checkout.find().nowhere == (
            f"{begin}git does not read the repository, because it belongs to another user (`git config --global --add"
            f" safe.directory {checkout.top}` would allow it)"
        )
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=os.pathsep)
    monkeypatch.setattr(git.Repository.__init__, "__defaults__", (0.2,))
    assert checkout.find().nowhere == f"{begin}git did not answer within 0.2 seconds"
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert checkout.find().nowhere == f"{begin}git is not installed"


def test_a_shallow_clone_says_that_older_commits_are_missing(checkout, tmp_path):
    checkout.write("x", "")
    checkout.commit("A second one")
    clone = tmp_path / "clone"
    checkout.git("clone", "--quiet", "--depth", "1", f"file://{checkout.top}", str(clone))
    checkout.top = checkout.root = clone
    assert checkout.find().nowhere == (
        "nothing in the git repository has its file, but the clone is shallow: older commits are not here"
    )


def test_a_repository_without_commits(tmp_path):
    checkout = object.__new__(Checkout)
    checkout.top = checkout.root = tmp_path / "new"
    checkout.day = 0
    (checkout.root / "shop/migrations").mkdir(parents=True)
    checkout.git("init", "--quiet")
    assert checkout.find() == lost.Lost(
        {GONE: ()}, "no branch, tag, stash or commit of the git repository has its file"
    )


def test_what_is_missing():
    def graph(*files: MigrationFile, records: tuple = ()) -> Graph:
        return build({file.key: file for file in files}, records)

    one = MigrationFile("shop", "0001", "", dependencies=(("shop", "0000"), ("auth", "__first__")))
    squash = MigrationFile("shop", "0005", "", replaces=(("shop", "0003"), ("shop", "0004")))
    assert lost.missing(graph(one), [("shop", "0001"), ("shop", "0009")]) == (
        ("shop", "0009"),
        ("shop", "0000"),
    )
    assert lost.missing(graph(squash), [("shop", "0003"), ("shop", "0004")]) == ()
    records = [("shop", "0003")]
    assert lost.missing(graph(squash, records=records), records) == (("shop", "0003"), ("shop", "0004"))
