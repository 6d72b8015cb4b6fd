"""The shadow schema of PostgreSQL: everything can be built there, and nothing else is touched."""

from __future__ import annotations

import pytest
from django.apps.registry import Apps
from django.db import models

from migwizard.databases import ShadowRefused, of
from migwizard.databases.postgresql.shadow import confined

from .statements import execute, quoted, value

TABLES = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND oid >= 16384"
LOCKS = "SELECT count(*) FROM pg_locks WHERE relation = 'target'::regclass AND pid <> pg_backend_pid()"


def two_models():
    """Return a model and another that points to it."""
    registry = Apps()

    class Target(models.Model):
        name = models.CharField(max_length=20, unique=True)

        class Meta:
            app_label, apps, db_table = "shop", registry, "target"

    class Source(models.Model):
        target = models.ForeignKey(Target, models.CASCADE)
        targets = models.ManyToManyField(Target, related_name="+")
        text = models.TextField(db_index=True, db_comment="""ON "target" and 'REFERENCES "target"' """)

        class Meta:
            app_label, apps, db_table = "shop", registry, "source"
            db_table_comment = "it's a table"

    return Target, Source


def build(connection, *made) -> None:
    with connection.schema_editor() as editor:
        for model in made:
            editor.create_model(model)


def live_tables(connection, *made) -> None:
    with connection.schema_editor(atomic=False) as editor:
        for model in made:
            editor.create_model(model)


def test_what_is_built_in_the_shadow_reads_as_what_is_built_in_public(each_postgresql):
    made = two_models()
    live_tables(each_postgresql, *made)
    before, _ = of(each_postgresql).changed_tables(None)
    with of(each_postgresql).create_shadow() as (shadow, schema):
        assert schema.startswith("migwizard_shadow_")
        assert shadow.alias == each_postgresql.alias
        build(shadow, *made)
        built = of(shadow).snapshot(schema)
        assert value(each_postgresql, LOCKS) == 0
    assert built.tables == of(each_postgresql).snapshot().tables
    assert of(each_postgresql).changed_tables(before) == (before, frozenset())
    assert value(each_postgresql, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'migwizard%'") == 0
    assert shadow.connection is None


def test_a_table_missing_in_the_shadow_is_not_sought_in_public(postgresql):
    target, source = two_models()
    live_tables(postgresql, target, source)
    with of(postgresql).create_shadow() as (shadow, schema):
        savepoint = shadow.savepoint()
        with pytest.raises(Exception, match=rf'relation "{schema}.target" does not exist'):
            build(shadow, source)
        shadow.savepoint_rollback(savepoint)
        for statement in ('ALTER TABLE "target" ADD "x" integer', 'CREATE INDEX "i" ON "target" ("id")'):
            savepoint = shadow.savepoint()
            with pytest.raises(Exception, match=rf'relation "{schema}.target" does not exist'):
                execute(shadow, statement)
            shadow.savepoint_rollback(savepoint)
        assert value(postgresql, LOCKS) == 0
        build(shadow, target)
        assert list(of(shadow).snapshot(schema).tables) == ["target"]


def test_types_of_the_live_search_path_are_found(postgresql):
    execute(postgresql, "CREATE SCHEMA extensions", "CREATE TYPE extensions.mood AS ENUM ('fine')")
    execute(postgresql, "SET search_path TO public, extensions")
    with of(postgresql).create_shadow() as (shadow, _):
        execute(shadow, 'CREATE TABLE "t" ("m" mood)')
        assert of(shadow).snapshot().tables["t"].columns[0].type == "mood"


@pytest.fixture
def with_role(postgresql, connect):
    """Return a function that connects as a new role with some rights on an otherwise closed database."""
    name = postgresql.settings_dict["NAME"]
    role = f"role_{name}"
    execute(postgresql, f"CREATE ROLE {role} LOGIN", f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")

    def become(rights: str):
        execute(postgresql, f"GRANT {rights} ON DATABASE {name} TO {role}")
        return connect(postgresql.settings_dict, USER=role)

    yield become
    execute(postgresql, f"REVOKE ALL ON DATABASE {name} FROM {role}", f"DROP ROLE {role}")


def test_without_the_right_to_create_a_schema_it_is_the_temporary_one(postgresql, with_role):
    made = two_models()
    live_tables(postgresql, *made)
    role = with_role("CONNECT, TEMPORARY")
    with of(role).create_shadow() as (shadow, schema):
        assert schema == "pg_temp"
        build(shadow, *made)
        built = of(shadow).snapshot(schema)
        assert value(postgresql, LOCKS) == 0
    assert built.tables == of(postgresql).snapshot().tables
    assert value(postgresql, TABLES) == "source source_targets target"


def test_without_any_right_to_write_it_is_refused(with_role):
    role = with_role("CONNECT")
    user, name = role.settings_dict["USER"], role.settings_dict["NAME"]
    with pytest.raises(ShadowRefused) as refused, of(role).create_shadow():
        pass
    assert str(refused.value) == f"{user!r} may make neither a schema nor a temporary table in {name!r}."


def test_where_every_transaction_is_read_only_it_is_refused(postgresql):
    name = postgresql.settings_dict["NAME"]
    execute(postgresql, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(ShadowRefused) as refused, of(postgresql).create_shadow():
        pass
    assert (
        str(refused.value)
        == f"Transactions of 'postgres' in {name!r} are read-only, so nothing can be made there."
    )


def test_no_second_connection_is_a_refusal(postgresql, with_role):
    role = with_role("CONNECT, CREATE")
    execute(postgresql, f"ALTER ROLE {role.settings_dict['USER']} CONNECTION LIMIT 1")
    with pytest.raises(ShadowRefused) as refused, of(role).create_shadow():
        pass
    assert str(refused.value).startswith("A second connection is refused: ")
    assert f"too many connections for role {quoted(role.settings_dict['USER'])}" in str(refused.value)


def test_a_backend_that_sets_the_search_path_for_every_cursor_is_seen_through(postgresql):
    """As that of django-tenants does; another one that does is refused."""
    plain = type(postgresql)

    class RudeWrapper(plain):
        def create_cursor(self, name=None):
            cursor = plain.create_cursor(self, name)
            cursor.execute("SET search_path TO public")
            return cursor

    class TenantWrapper(plain):
        create_cursor = RudeWrapper.create_cursor

        def set_tenant(self, tenant):
            raise NotImplementedError

    rude, tenant = (one(postgresql.settings_dict, "default") for one in (RudeWrapper, TenantWrapper))
    with pytest.raises(ShadowRefused) as refused, of(rude).create_shadow():
        pass
    assert str(refused.value) == (
        "The database backend django.db.backends.postgresql changes the search path, so a shadow schema is not safe."
    )
    rude.close()
    with of(tenant).create_shadow() as (shadow, schema):
        execute(shadow, 'CREATE TABLE "t" ()')
        assert list(of(shadow).snapshot(schema).tables) == ["t"]
    assert of(tenant).snapshot().tables == {}
    tenant.close()


QUALIFIED = {
    'CREATE TABLE "a" ("t" integer REFERENCES "b" ("id") ON DELETE CASCADE)': (
        'CREATE TABLE "s"."a" ("t" integer REFERENCES "s"."b" ("id") ON DELETE CASCADE)'
    ),
    'CREATE UNIQUE INDEX "i" ON "a" ("x") WHERE "x" = \'ON "a"\'': (
        'CREATE UNIQUE INDEX "i" ON "s"."a" ("x") WHERE "x" = \'ON "a"\''
    ),
    'CREATE INDEX CONCURRENTLY IF NOT EXISTS "i" ON ONLY "a" ("x")': (
        'CREATE INDEX CONCURRENTLY IF NOT EXISTS "i" ON ONLY "s"."a" ("x")'
    ),
    'ALTER TABLE "a" ADD COLUMN "ON ""b" integer CONSTRAINT "REFERENCES" REFERENCES "b""c" ("id")': (
        'ALTER TABLE "s"."a" ADD COLUMN "ON ""b" integer CONSTRAINT "REFERENCES" REFERENCES "s"."b""c" ("id")'
    ),
    'SET CONSTRAINTS "k" IMMEDIATE; ALTER TABLE "a" DROP CONSTRAINT "k"': (
        'SET CONSTRAINTS "k" IMMEDIATE; ALTER TABLE "s"."a" DROP CONSTRAINT "k"'
    ),
    'COMMENT ON COLUMN "a"."x" IS \'it\'\'s ON "a"\'': 'COMMENT ON COLUMN "s"."a"."x" IS \'it\'\'s ON "a"\'',
    'COMMENT ON TABLE "a" IS NULL': 'COMMENT ON TABLE "s"."a" IS NULL',
    'DROP TABLE IF EXISTS "a" CASCADE': 'DROP TABLE IF EXISTS "s"."a" CASCADE',
    'DROP INDEX CONCURRENTLY IF EXISTS "i"': 'DROP INDEX CONCURRENTLY IF EXISTS "s"."i"',
    'ALTER TABLE "s"."a" DROP "x"': 'ALTER TABLE "s"."a" DROP "x"',
    "SELECT 1": "SELECT 1",
    'SAVEPOINT "x"': 'SAVEPOINT "x"',
}


@pytest.mark.parametrize("statement", QUALIFIED)
def test_every_table_in_a_statement_is_sought_in_the_shadow(statement):
    assert confined(statement, "s") == QUALIFIED[statement]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            'CREATE TABLE "audit"."log" ()',
            'A statement names a table outside the shadow schema: CREATE TABLE "audit"."log" ()',
        ),
        (
            'COMMENT ON COLUMN "audit"."log"."x" IS NULL',
            'A statement names a table outside the shadow schema: COMMENT ON COLUMN "audit"."log"."x" IS NULL',
        ),
        (
            'DELETE FROM "a"\x1b[31m',
            'Only tables are built in a shadow schema, so this is refused: DELETE FROM "a" [31m',
        ),
        (
            "DROP SCHEMA public",
            "Only tables are built in a shadow schema, so this is refused: DROP SCHEMA public",
        ),
        ("COMMIT", "Only tables are built in a shadow schema, so this is refused: COMMIT"),
    ],
)
def test_a_statement_that_would_leave_the_shadow_is_refused(statement, message):
    with pytest.raises(ShadowRefused) as refused:
        confined(statement, "s")
    assert str(refused.value) == message
