"""A repair of many schemas on the wizard's own screen: killed in the middle, and gone on with from there."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from tests.batches.clinic import Clinic
from tests.batches.lingering import FILES, lingers, wait_until
from tests.tui.terminal import Terminal

LATE = ("clinic02", "clinic03")


@pytest.fixture
def wizards() -> Iterator[Callable[..., Terminal]]:
    """A function that opens the wizard on a clinic, in a terminal of its own."""
    opened: list[Terminal] = []

    def start(clinic: Clinic, **more: str) -> Terminal:
        environ = clinic.project.process_environment() | more
        for name in ("TERM", "PYTHONPATH", "LC_ALL", "COLUMNS", "LINES"):
            environ.pop(name, None)
        opened.append(Terminal(module="migwizard", folder=clinic.project.root, **environ))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


@pytest.mark.slow
def test_killed_in_the_middle_it_opens_on_it_and_goes_on(small, wizards):
    shape = small.shape("clinic12")
    small.project.write(FILES)
    for name in LATE:
        small.run("ALTER TABLE records_visit DROP COLUMN paid", schema=name)
    terminal = wizards(small, LINGER="clinic03")
    terminal.walk(
        ("", "no problem"),
        ("T", "records_visit"),
        (" ", "2 marked"),
        ("p", "tries each plan, rolls back"),
        ("x", "Run it in 2 schemas?"),
        ("y", "1/2 repairing clinic03"),
    )
    wait_until(lambda: lingers(small, "clinic03"), "the third tenant never had its turn")
    terminal.signal(signal.SIGKILL)
    wait_until(lambda: not lingers(small, "clinic03"), "the server did not roll back")
    assert [small.shape(name) == shape for name in LATE] == [True, False]

    terminal = wizards(small)
    terminal.walk(
        ("", "looks at what is left"),
        ("\r", "tries each plan, rolls back"),
        ("x", "Run it in 1 schema?"),
        ("y", "goes back to the tenants"),
    )
    assert [small.shape(name) == shape for name in LATE] == [True, True]
