"""A connection to the server that is lost in a step, before the commit, or after it."""

from __future__ import annotations

import pytest

from .kit import LAST, migration, records

pytest_plugins = ["tests.running.fixtures"]

ADD = '        migrations.AddField("order", "vip", models.BooleanField(default=False)),'
ENDS = "SELECT pg_terminate_backend(pg_backend_pid())"


@pytest.fixture
def pending(new_shop):
    """The shop on PostgreSQL with one migration to run."""
    shop = new_shop("postgresql")
    shop.project.write({"shop/migrations/0005_vip.py": migration(LAST, ADD)})
    return shop


def test_lost_in_a_step_it_changed_nothing(pending):
    lost = migration([("shop", "0005_vip")], f'        migrations.RunSQL("{ENDS}"),')
    pending.project.write({"shop/migrations/0006_lost.py": lost})
    before = pending.contents()
    *_, report, journal = pending.bench(["read"], ["plan", "migrate"], ["execute"], ["journal"])
    assert report["outcome"] == "failed"
    assert "(shop.0006_lost) failed: " in report["message"]
    assert report["message"].endswith("Everything was rolled back; nothing has changed.")
    assert [entry["outcome"] for entry in journal] == ["failed"]
    assert pending.contents() == before


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_at_the_commit_the_server_says_whether_it_went_through(pending, when):
    before = pending.contents()
    *_, report, journal = pending.bench(
        ["read"], ["plan", "migrate"], ["lose", when], ["execute"], ["journal"]
    )
    assert "The connection was lost at the commit: " in report["message"]
    if when == "before":
        assert report["outcome"] == "failed"
        assert report["message"].endswith("it did not go through. Nothing has changed.")
        assert pending.contents() == before
    else:
        assert report["outcome"] == "done"
        assert report["message"].endswith("it went through: everything is in.")
        assert pending.contents() != before
        assert records(pending.entry, "shop")[-1] == "0005_vip"
    assert [entry["outcome"] for entry in journal] == [report["outcome"]]
    assert pending.bench(["read"], ["told"])[1] == {}
