"""Unified diffs, as every tool that applies them reads them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migwizard.core.sources.diffs import unified


def test_a_changed_line_is_shown_with_its_surroundings() -> None:
    former = "a\nb\nc\nd\ne\nf\ng\nh\n"
    assert unified("x.py", former, former.replace("e", "E")) == (
        "--- x.py",
        "+++ x.py",
        "@@ -2,7 +2,7 @@",
        " b",
        " c",
        " d",
        "-e",
        "+E",
        " f",
        " g",
        " h",
    )


def test_a_new_and_a_deleted_file_come_from_and_go_to_nowhere() -> None:
    assert unified("x.py", None, "a\n") == ("--- /dev/null", "+++ x.py", "@@ -0,0 +1 @@", "+a")
    assert unified("x.py", "a\n", None) == ("--- x.py", "+++ /dev/null", "@@ -1 +0,0 @@", "-a")
    assert unified("x.py", None, "") == ("--- /dev/null", "+++ x.py")
    assert unified("x.py", "a", "a") == ()


@pytest.mark.parametrize(
    ("former", "content"),
    [
        ("a\nb\n", "a\nc"),
        ("a\nb", "a\nb\n"),
        ("one\x0cpage\n\u2028x\n", "one\x0cpage\n\u2028y\n"),
        ("", "a\n"),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
    ],
)
def test_git_makes_the_one_of_the_other(former: str, content: str, tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_bytes(former.encode())
    diff = "\n".join(unified("x.py", former, content)) + "\n"
    subprocess.run(
        ["git", "apply", "-p0", "--whitespace=nowarn"],
        input=diff.encode(),
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    assert file.read_bytes() == content.encode()
