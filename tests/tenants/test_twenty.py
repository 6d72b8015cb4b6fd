"""Twenty tenants broken in twenty ways: the overview names each, and each damage is found where it is, once."""

from __future__ import annotations

from tests.tenants.conftest import Place
from tests.tenants.kit import ROW, copies

OWNER = "accreditation_programme_owner_id_c21eba3d_fk_users_user_id"
DRIFT = "schema-drift:"

DAMAGES: dict[str, tuple[str, str]] = {
    "column": (
        "ALTER TABLE {s}.reports_report DROP COLUMN name",
        f"{DRIFT}reports_report.name:column-missing",
    ),
    "table": ("DROP TABLE {s}.audit_entry", "recorded-not-applied:audit.0001_initial"),
    "records": (
        "DELETE FROM {s}.django_migrations WHERE app = 'audit'",
        "applied-not-recorded:audit.0001_initial",
    ),
    "half": (
        "DELETE FROM {s}.django_migrations WHERE app = 'checklists'; DROP TABLE {s}.checklists_checklist_documents",
        "half-applied:checklists.0001_initial",
    ),
    "ghost": (
        "INSERT INTO {s}.django_migrations (app, name, applied) VALUES ('users', '0009_gone', now())",
        "missing-file:users.0009_gone",
    ),
    "twice": (
        "INSERT INTO {s}.django_migrations (app, name, applied) VALUES ('audit', '0001_initial', now())",
        "duplicate-records:audit.0001_initial",
    ),
    "nowhere": ("DROP SCHEMA {s} CASCADE", "tenant-schema-missing:nowhere"),
    "blank": ("DROP TABLE {s}.django_migrations", "tenants-behind:no-history"),
    "behind": (
        "DELETE FROM {s}.django_migrations WHERE app = 'reports'; DROP TABLE {s}.reports_report",
        "tenants-behind:reports.0001_initial",
    ),
    "astray": (
        f"ALTER TABLE {{s}}.accreditation_programme DROP CONSTRAINT {OWNER}, ADD CONSTRAINT {OWNER}"
        " FOREIGN KEY (owner_id) REFERENCES public.users_user (id) DEFERRABLE INITIALLY DEFERRED",
        f"{DRIFT}accreditation_programme.owner_id:foreign-key-missing",
    ),
    "loose": (
        f"ALTER TABLE {{s}}.accreditation_programme DROP CONSTRAINT {OWNER}",
        f"{DRIFT}accreditation_programme.owner_id:foreign-key-missing",
    ),
    "index": (
        "DROP INDEX {s}.documents_document_programme_id_4a498167",
        f"{DRIFT}documents_document.programme_id:index-missing",
    ),
    "unique": (
        "ALTER TABLE {s}.users_user DROP CONSTRAINT users_user_username_key",
        f"{DRIFT}users_user.username:unique-missing",
    ),
    "type": (
        "ALTER TABLE {s}.reports_report ALTER COLUMN name TYPE varchar(10)",
        f"{DRIFT}reports_report.name:column-type",
    ),
    "nullable": (
        "ALTER TABLE {s}.reports_report ALTER COLUMN name DROP NOT NULL",
        f"{DRIFT}reports_report.name:column-nullability",
    ),
    "check": (
        "ALTER TABLE {s}.django_admin_log DROP CONSTRAINT django_admin_log_action_flag_check",
        f"{DRIFT}django_admin_log:check-missing",
    ),
    "extra": (
        "ALTER TABLE {s}.reports_report ADD COLUMN more integer NOT NULL",
        f"{DRIFT}reports_report.more:column-unknown",
    ),
    "renamed": (
        "ALTER TABLE {s}.reports_report RENAME TO reports_old",
        "recorded-not-applied:reports.0001_initial",
    ),
    "order": (
        "DELETE FROM {s}.django_migrations WHERE app = 'users'",
        "inconsistent-history:",
    ),
    "key": (
        "ALTER TABLE {s}.reports_report DROP CONSTRAINT reports_report_pkey",
        f"{DRIFT}reports_report:primary-key-missing",
    ),
}


def test_each_of_twenty_damages_is_found_in_its_tenant_and_nowhere_else(place: Place):
    copies(place.entry, "acme", DAMAGES, ROW)
    place.execute(*(statement.format(s=f'"{name}"') for name, (statement, _) in DAMAGES.items()))
    groups = place.project.migwizard("tenants", "--format", "json").json["groups"]
    headlines = {one["schemas"][0]: one["headline"] for one in groups if one["headline"] != "at head"}
    assert headlines.keys() == DAMAGES.keys()
    assert [one["count"] for one in groups if one["headline"] == "at head"] == [1, 6]
    found = place.findings("--all-schemas", "--no-replay")
    told = {name: [id for _, id, schemas in found if name in schemas] for name in DAMAGES}
    missed = {
        name: told[name]
        for name, (_, id) in DAMAGES.items()
        if not any(one.startswith(id) for one in told[name])
    }
    assert missed == {}, told
    assert [one for one in found if {"acme", "bolt", "public"} & set(one[2])] == []
