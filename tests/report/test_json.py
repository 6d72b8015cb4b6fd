"""The JSON documents, asserted whole: they are a contract."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from migwizard import report
from migwizard.core.plan import Report
from migwizard.diagnoses import diagnose
from migwizard.report.json import date
from tests.diagnoses.build import DATABASE, chain, situation, uncompared

from .situations import DONE, FINDING, HOSTILE, PLAN, hostile, shop


def test_check():
    assert json.loads(report.check(shop(), (FINDING,), "json")) == {
        "version": 1,
        "project": {"root": "/srv/shop", "settings": "shop.settings"},
        "database": {
            "alias": "default",
            "vendor": "postgresql",
            "name": "shop",
            "schema": "public",
            "schema_compared": "replayed",
            "why_not": None,
        },
        "findings": [
            {
                "id": "recorded-not-applied:shop.0007_note",
                "name": "recorded-not-applied",
                "severity": "error",
                "subject": {
                    "app": "shop",
                    "migration": "0007_note",
                    "table": "shop_order",
                    "column": "note",
                    "schema": "public",
                },
                "confirmed": True,
                "summary": "shop.0007_note is recorded as applied, but column shop_order.note does not exist.",
                "evidence": [
                    "django_migrations has the row of 2026-03-01 10:00",
                    "shop_order has the columns id, total",
                ],
                "repairs": [
                    {
                        "name": "migrate",
                        "title": "Run what the schema lacks of shop.0007_note",
                        "safety": "careful",
                        "recommended": True,
                    },
                    {
                        "name": "unfake",
                        "title": "Take the record of shop.0007_note away",
                        "safety": "careful",
                        "recommended": False,
                    },
                ],
            }
        ],
    }


def test_why_nothing_was_compared():
    made = replace(uncompared(situation(chain("shop.0001"))), database=replace(DATABASE, schema=""))
    assert json.loads(report.check(made, (), "json"))["database"] == {
        "alias": "default",
        "vendor": "postgresql",
        "name": "shop",
        "schema": None,
        "schema_compared": "no",
        "why_not": "The schema was not read (--no-schema).",
    }


def test_status():
    document = json.loads(report.status(shop(), "json"))
    assert list(document) == ["version", "database", "migrations", "locations"]
    assert document["locations"][0] == {
        "app": "shop",
        "migration": "0004",
        "recorded": "0003_a",
        "lacking": [["shop", "0003_b"]],
        "exceptions": [],
    }
    noon = "2026-03-01T10:00:00Z"
    assert [tuple(row.values()) for row in document["migrations"]] == [
        ("shop", "0001", True, noon, "yes", "applied"),
        ("blog", "0001", True, noon, "yes", "applied"),
        ("shop", "0002", True, noon, "yes", "applied"),
        ("shop", "0003_b", True, None, "no", "pending"),
        ("shop", "0003_a", True, noon, "yes", "applied"),
        ("shop", "0004", True, None, "yes", "applied-not-recorded"),
        ("shop", "0099", False, noon, "unknown", "missing-file"),
    ]
    assert list(document["migrations"][0]) == ["app", "name", "file", "record", "schema", "state"]


INSERT = {
    "kind": "record",
    "why": "The schema has everything that shop.0002 makes.",
    "sql": ["INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002', CURRENT_TIMESTAMP)"],
    "undo": "Delete the row again: unfake shop 0002",
    "command": "manage.py migrate --fake shop 0002",
    "note": "",
    "migration": {"app": "shop", "name": "0002"},
}
ALTER = {
    "kind": "operation",
    "why": "The schema has nothing of shop.0003.",
    "sql": ['ALTER TABLE "shop_order"\n\tADD COLUMN "note" text;', "CREATE INDEX i ON shop_order (note)"],
    "undo": "",
    "command": "",
    "note": "Runs Python:\ndef forwards(apps, editor): ...",
    "migration": {"app": "shop", "name": "0003"},
}
WRITE = {
    "kind": "file",
    "why": "The dependency has to name another file.",
    "sql": [],
    "undo": "",
    "command": "",
    "note": "",
    "migration": None,
    "path": "shop/migrations/0004.py",
    "content": "x = 1\n",
}


def test_plan():
    assert json.loads(report.plan(PLAN, "json")) == {
        "version": 1,
        "finding": "inconsistent-history:shop.0002",
        "repair": "repair-history",
        "safety": "careful",
        "steps": [INSERT, ALTER, WRITE],
        "risks": ["shop_order has about 20000 rows."],
        "loses": [],
        "asks": [],
        "locks": ["shop_order: AccessExclusive"],
        "outcome": "planned",
        "message": "Make the history consistent: 1 recorded, 1 run",
        "journal": None,
    }


def test_a_refused_action():
    refused = replace(PLAN, finding=None, action="migrate shop", steps=(), refusal="Not here.")
    document = json.loads(report.plan(refused, "json"))
    assert "finding" not in document
    assert (document["action"], document["outcome"], document["message"]) == (
        "migrate shop",
        "refused",
        "Not here.",
    )


def test_result():
    first, second = "INSERT INTO django_migrations …", "ALTER TABLE shop_order\n  ADD COLUMN note text"
    expected = {
        "version": 1,
        "finding": "inconsistent-history:shop.0002",
        "repair": "repair-history",
        "safety": "careful",
        "steps": [
            {**INSERT, "sql": [first], "ran": [{"sql": first, "seconds": 0.0012, "rows": 1}]},
            {**ALTER, "sql": [second], "ran": [{"sql": second, "seconds": 1.5, "rows": None}]},
            WRITE,
        ],
        "risks": ["shop_order has about 20000 rows."],
        "loses": [],
        "asks": [],
        "locks": ["shop_order: AccessExclusive"],
        "outcome": "done",
        "message": "Done: 2 statements.",
        "journal": 7,
        "gone": ["inconsistent-history:shop.0002"],
        "remaining": ["missing-file:shop.0099"],
        "new": [],
    }
    assert json.loads(report.result(DONE, "json")) == expected


def test_several_results():
    failed = Report(PLAN, "rolled-back", "It is still there.")
    document = json.loads(report.results((DONE, failed), (FINDING,), "json"))
    assert list(document) == ["version", "repairs", "findings"]
    assert [(one["outcome"], one["message"]) for one in document["repairs"]] == [
        ("done", "Done: 2 statements."),
        ("rolled-back", "It is still there."),
    ]
    assert [one["id"] for one in document["findings"]] == ["recorded-not-applied:shop.0007_note"]


def test_dates_are_utc_to_the_second():
    east = timezone(timedelta(hours=2))
    assert date(datetime(2026, 3, 1, 12, 0, 5, 999, tzinfo=east)) == "2026-03-01T10:00:05Z"
    assert date(datetime(2026, 3, 1, 10, 0)) == "2026-03-01T10:00:00Z"


def test_hostile_names_come_through_whole_and_harmless():
    made = hostile()
    for text in (report.check(made, diagnose(made), "json"), report.status(made, "json")):
        assert text.isascii()
        assert text.replace("\n", "").isprintable()
    app, _, name = f"a{HOSTILE}.b{HOSTILE}".partition(".")
    assert [(row["app"], row["name"]) for row in json.loads(text)["migrations"]] == [
        ("shop", "0001"),
        (app, name),
    ]
