"""SQL as it is shown, and as it leaves the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from migwizard.tui.deliver import copy, free_name, write
from migwizard.tui.sql import formatted, one_line, sql_lines


def plain(statement: str, width: int) -> list[str]:
    """Return the lines without their styles."""
    return ["".join(text for text, _style in spans) for spans in sql_lines(statement, width)]


def test_a_short_statement_stays_as_it_is() -> None:
    assert plain("INSERT INTO t (a, b) VALUES (1, 'x')", 60) == ["INSERT INTO t (a, b) VALUES (1, 'x')"]


def test_a_long_one_gets_a_line_a_clause_and_no_deep_indentation() -> None:
    columns = ", ".join(f'"column_{number}" varchar(30) NOT NULL' for number in range(6))
    lines = plain(f'CREATE TABLE "shop_order" ({columns})', 70)
    assert lines[0].startswith('CREATE TABLE "shop_order" (')
    assert lines[1] == '    "column_1" varchar(30) NOT NULL,'
    assert all(len(line) <= 70 for line in lines)


def test_no_character_is_lost_by_folding() -> None:
    statement = "SELECT '" + "a" * 150 + "' FROM " + " ".join(f"t{number}," for number in range(30))
    for width in (20, 33, 80):
        lines = plain(statement, width)
        assert all(len(line) <= width for line in lines)
        assert "".join("".join(lines).split()) == "".join(formatted(statement).split())


def test_what_sqlparse_refuses_is_shown_raw() -> None:
    nested = "SELECT " + "(" * 150 + "1" + ")" * 150
    assert formatted(nested) == nested
    long = "INSERT INTO t VALUES " + ", ".join("(1)" for _ in range(12_000))
    assert formatted(long) == long
    assert len(sql_lines(long, 80)) > 100


def test_keywords_strings_and_comments_are_told_apart() -> None:
    styles = {
        text.strip(): style for text, style in sql_lines("SELECT 'x' FROM t -- why", 60)[0] if text.strip()
    }
    assert styles["SELECT"] == "sql.keyword"
    assert styles["'x'"] == "sql.string"
    assert styles["-- why"] == "sql.comment"
    assert styles["t"] == "plain"


def test_one_line_has_no_line_ends() -> None:
    assert one_line("SELECT 1,\n\t 2") == "SELECT 1, 2"


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    first = free_name(tmp_path, "../../etc/x y", ".sql")
    assert first == tmp_path / "migwizard-etc-x-y.sql"
    write("a", first)
    second = free_name(tmp_path, "../../etc/x y", ".sql")
    assert second == tmp_path / "migwizard-etc-x-y-2.sql"
    second.symlink_to(tmp_path / "nowhere")
    for path in (first, second):
        with pytest.raises(FileExistsError):
            write("b", path)
    assert first.read_text() == "a"
    write("b", first, over=True)
    assert first.read_text() == "b"


def test_copying_without_tmux_asks_the_terminal(tmp_path: Path) -> None:
    sent: list[str] = []
    said = copy("text", {"TERM": "xterm"}, sent.append, tmp_path)
    assert sent == ["text"]
    assert (
        said == "Copied to the clipboard, if this terminal lets programs do that (OSC 52); w writes a file."
    )


@pytest.mark.parametrize(("text", "term"), [("x" * 80_000, "xterm"), ("short", "linux")])
def test_what_no_clipboard_takes_is_in_a_file(text: str, term: str, tmp_path: Path) -> None:
    sent: list[str] = []
    said = copy(text, {"TERM": term}, sent.append, tmp_path)
    assert sent == []
    assert said == f"This terminal has no clipboard for that; it is in {tmp_path / 'migwizard-copied.txt'}."
    assert (tmp_path / "migwizard-copied.txt").read_text() == text


def test_inside_tmux_its_own_buffer_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tmux"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/text\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    said = copy("text", {"TMUX": "1", "TERM": "screen"}, lambda _text: None, tmp_path)
    assert said == "Copied into tmux's buffer (prefix ] pastes it) and to the terminal's clipboard."
    assert (tmp_path / "arguments").read_text() == "load-buffer -w -\n"
    assert (tmp_path / "text").read_text() == "text"
    program.write_text("#!/bin/sh\nexit 1\n")
    sent: list[str] = []
    copy("text", {"TMUX": "1", "TERM": "screen"}, sent.append, tmp_path)
    assert sent == ["text"], "an old tmux does not know -w"
