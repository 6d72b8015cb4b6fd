"""Lists of apps are changed where they are written, from end to end: what is shown, written, run and taken back."""

from __future__ import annotations

from tests.tenants.conftest import USERS, Place

CLINIC = "TENANT_TYPES['clinic']['APPS']"


def did(place: Place, *arguments: str) -> str:
    outcome = place.project.migwizard(*arguments)
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


def test_an_app_comes_to_a_tenant_type_and_goes_again(types: Place) -> None:
    file = types.project.root / "config" / "settings.py"
    before = file.read_bytes()
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'c1' AND tablename LIKE 'shop_%' ORDER BY 1"
    assert '"django.contrib.admin", "shop"],' in did(types, "plan", "add-app", "shop", CLINIC)
    assert file.read_bytes() == before

    did(types, "repair", "add-app", "shop", CLINIC, "--yes")
    added = file.read_bytes()
    assert added == before.replace(b'"django.contrib.admin"]', b'"django.contrib.admin", "shop"]')
    ids = {(name, *schemas) for _, name, schemas in types.findings("--all-schemas")}
    assert ("recorded-not-applied:shop.0001_initial", "c1") in ids
    did(types, "repair", "migrate", "--all-schemas", "--yes")
    assert [name for (name,) in types.execute(tables)] == ["shop_archive", "shop_order"]
    assert [one for one in types.findings("--all-schemas") if one[1] != USERS] == []

    did(types, "repair", "remove-app", "shop", CLINIC, "--yes")
    assert file.read_bytes() == before
    left = [one for one in types.findings("--all-schemas") if one[1] != USERS]
    assert left == [("info", "unknown-tables:*", ["c1"])]
    did(types, "undo", "2", "--yes")
    assert file.read_bytes() == added
    did(types, "undo", "batch-1", "--yes")
    assert types.execute(tables) == []
    did(types, "undo", "1", "--yes")
    assert file.read_bytes() == before
