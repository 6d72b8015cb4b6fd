"""The wizard as it is started by people, in a terminal, on a project and a database of its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.running.kit import Shop, migration

from .terminal import Terminal

pytest_plugins = ["tests.running.fixtures"]

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(300)",
}


@pytest.mark.slow
def test_six_keys_from_opening_to_healed(shop: Shop, terminals: Callable[..., Terminal]) -> None:
    before = shop.contents()
    shop.forget("shop.0003_paid")
    terminal = terminals(shop)
    assert b"explains it" in terminal.read(until=b"explains it", limit=60)
    terminal.read()
    for key, answer in (
        ("\r", b"previews the repair"),
        ("\r", b"tries it, rolls back"),
        ("\r", b"asks whether to run it"),
        ("\r", b"y runs, any other key does not"),
        ("y", b"journal"),
    ):
        os.write(terminal.master, key.encode())
        assert answer in terminal.read(until=answer, limit=60)
        terminal.read()
    found = shop.project.migwizard("check")
    assert found.code == 0, found.stdout
    history = {row[1:3] for row in shop.run("SELECT id, app, name FROM django_migrations")}
    assert ("shop", "0003_paid") in history
    assert set(before) == set(shop.contents())


@pytest.mark.slow
@pytest.mark.parametrize("way", ["SIGHUP", "SIGTERM", "closed"])
def test_who_leaves_in_the_middle_of_a_statement_leaves_nothing_behind(
    way: str, kind: str, new_shop: Callable[..., Shop], terminals: Callable[..., Terminal]
) -> None:
    last = [("shop", "0004_coupon")]
    add = "        migrations.RunSQL('CREATE TABLE left_behind (i integer)'),\n"
    code = f"def endless(apps, editor):\n    editor.execute({ENDLESS[kind]!r})\n"
    text = migration(last, f"{add}        migrations.RunPython(endless),", code)
    shop = new_shop(kind, {"shop/migrations/0005_endless.py": text})
    before = shop.contents()
    terminal = terminals(shop)
    assert b"explains it" in terminal.read(until=b"explains it", limit=60)
    terminal.read(quiet=1)
    os.write(terminal.master, b":migrate shop\r")
    said = terminal.read(until=b"tries it", limit=15)
    assert b"tries it" in said
    terminal.type("x")
    terminal.type("y")
    assert b"left_behind" in terminal.read(until=b"left_behind", limit=30)
    begun = time.monotonic()
    if way == "closed":
        os.close(terminal.master)
    else:
        terminal.signal(getattr(signal, way))
        terminal.read(quiet=1)
    assert terminal.wait(15) != 0
    assert time.monotonic() - begun < 10
    assert shop.contents() == before
