"""tenant-app-split: an app's tables are not in the schema where others need them."""

from __future__ import annotations

from dataclasses import replace

from migwizard.core.finding import Subject
from migwizard.core.graph import Key, MigrationFile
from migwizard.core.graph.build import build
from migwizard.core.schema import Snapshot, Table
from migwizard.core.situation import Situation
from migwizard.core.tenants import AppSet, Reference, Tenant, TenantSettings
from migwizard.diagnoses.tenant_app_split import find
from tests.diagnoses.build import DATABASE, PROJECT, key

FILES = {
    key(name): MigrationFile(*key(name), "", tuple(map(key, needs)))
    for name, needs in {
        "auth.0001_initial": (),
        "users.0001_initial": ("auth.0001_initial",),
        "admin.0001_initial": ("users.0001_initial",),
        "tickets.0001_initial": ("admin.0001_initial",),
    }.items()
}
ADMIN = Reference(
    "admin",
    "logentry",
    "user",
    "django_admin_log",
    "users",
    "user",
    "users_user",
    ("admin", "0001_initial"),
    "AUTH_USER_MODEL",
)
TICKETS = replace(
    ADMIN,
    app="tickets",
    model="ticket",
    field="owner",
    table="tickets_ticket",
    migration=key("tickets.0001_initial"),
)
GROUPS = Reference(
    "users", "user", "groups", "users_user_groups", "auth", "group", "auth_group", key("users.0001_initial")
)
PUBLIC = Tenant("public", "public", "public")


def apps(kind: str, setting: str, *entries: str) -> AppSet:
    named = {entry.rpartition(".")[2]: entry for entry in entries}
    return AppSet(kind, setting, entries, frozenset(named), named)


def lists(shared: str, tenant: str) -> TenantSettings:
    return TenantSettings(
        apps("public", "SHARED_APPS", *shared.split()), (apps("tenant", "TENANT_APPS", *tenant.split()),)
    )


def situation(
    settings: TenantSettings | None,
    *references: Reference,
    applied: tuple[Key, ...] = (),
    tenant: Tenant | None = PUBLIC,
    unmigrated: tuple[str, ...] = (),
    tables: tuple[str, ...] = (),
) -> Situation:
    files = {name: file for name, file in FILES.items() if name[0] not in unmigrated}
    return Situation(
        PROJECT,
        DATABASE,
        build(files, applied, unmigrated),
        (),
        live=Snapshot("public", {name: Table(name, ()) for name in tables}),
        tenants=settings,
        tenant=tenant,
        references=references or (ADMIN, GROUPS),
    )


ARTICLE = lists(
    "django.contrib.admin django.contrib.auth", "django.contrib.admin django.contrib.auth people.users"
)


def test_admin_is_shared_and_the_users_are_not():
    (finding,) = find(situation(ARTICLE, ADMIN, TICKETS, GROUPS))
    assert finding.id == "tenant-app-split:public:users"
    assert (finding.name, finding.severity) == ("tenant-app-split", "error")
    assert finding.subject == Subject("admin", "0001_initial", "django_admin_log", "user", "public")
    assert finding.summary == (
        "admin in SHARED_APPS needs users_user of users, which is not in that list: in public there is no such table, "
        "and admin.0001_initial fails there."
    )
    assert finding.evidence == (
        "admin.logentry.user points to users.user, by AUTH_USER_MODEL",
        'migrate_schemas ends with: relation "users_user" does not exist',
        "admin.0001_initial is number 3 of 4 in the order of application",
        "users is in TENANT_APPS",
        "add 'people.users' to SHARED_APPS",
        "or take admin out of SHARED_APPS, if nothing in public needs it",
    )
    assert [(offer.name, offer.title, offer.recommended) for offer in finding.repairs] == [
        ("add-app", "Add people.users to SHARED_APPS", True),
        ("remove-app", "Take admin out of SHARED_APPS", False),
    ]


def test_a_run_that_has_failed_there_is_told():
    applied = (key("auth.0001_initial"), key("users.0001_initial"))
    (finding,) = find(situation(ARTICLE, applied=applied))
    assert "it has stopped there: the 2 migrations before admin.0001_initial are recorded" in finding.evidence


def test_what_was_made_when_the_lists_were_others_is_a_warning():
    (finding,) = find(situation(ARTICLE, applied=tuple(FILES)))
    assert finding.severity == "warning"
    assert finding.summary.endswith("and admin.0001_initial fails wherever it is made anew.")
    (finding,) = find(situation(ARTICLE, tables=("users_user",)))
    assert finding.severity == "warning"


def test_what_the_app_itself_needs_is_to_be_added_as_well():
    settings = lists("django.contrib.admin", "django.contrib.auth people.users")
    (finding,) = find(situation(settings))
    assert "add 'people.users' and 'django.contrib.auth' to SHARED_APPS" in finding.evidence


def test_a_tenant_sees_public_so_users_may_be_there_alone():
    settings = lists("django.contrib.admin django.contrib.auth people.users", "django.contrib.admin")
    (finding,) = find(situation(settings))
    assert (finding.severity, finding.id) == ("info", "tenant-app-split:users-in-public:users")
    assert finding.summary == "Tenants point to the users of public: users is in SHARED_APPS only."
    assert finding.evidence == (
        "admin.logentry.user: in every tenant to public.users_user",
        "deleting such a user fails as long as rows of other tenants than the current one point to it",
    )
    assert find(situation(settings, tenant=Tenant("acme", "tenant", "tenant"))) == ()


def test_a_tenant_lacks_an_app_that_is_in_no_list():
    settings = lists("django.contrib.auth", "django.contrib.admin")
    (finding,) = find(situation(settings))
    assert finding.subject.schema is None
    assert finding.summary == (
        "admin in TENANT_APPS needs users_user of users, which is not in that list: in the schema of a tenant there is "
        "no such table, and admin.0001_initial fails there."
    )
    assert "users is in none of the lists" in finding.evidence
    assert "add 'users' to TENANT_APPS" in finding.evidence
    (finding,) = find(situation(settings, tenant=Tenant("acme", "tenant", "tenant")))
    assert finding.subject.schema == "acme"


def test_an_app_without_migrations_has_its_tables_nowhere():
    settings = lists("django.contrib.auth users", "django.contrib.admin django.contrib.auth users")
    given = situation(settings, replace(ADMIN, to_app="users"), unmigrated=("users",))
    (finding,) = find(given)
    assert finding.summary == (
        "admin in TENANT_APPS needs users_user of users, which has no migrations, so no schema has that table."
    )
    assert finding.subject == Subject("users", None, "users_user", None, None)
    assert finding.evidence[-1] == "makemigrations users makes its migrations"
    assert [offer.name for offer in finding.repairs] == ["make-migration"]


def test_everything_together_or_no_tenants_at_all_is_well():
    everything = "django.contrib.admin django.contrib.auth people.users"
    assert find(situation(lists(everything, everything))) == ()
    assert find(situation(lists(everything, "shop"))) == ()
    assert find(situation(None)) == ()
