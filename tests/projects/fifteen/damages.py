"""What can go wrong with a fully migrated database of this project, one function each.

Every damage takes an autocommitting DB-API connection (see `connect`), the vendor ("sqlite" or "postgresql") and the
folder of the project's copy, does its harm, and returns what `migwizard check` must find:

    name      the finding's name
    subject   the part of the finding's subject that must be exactly so
    mentions  texts that summary or evidence must contain
    also      other findings that may stand beside it, being other names for the same harm
"""

from __future__ import annotations

import re
import sqlite3
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Expected = dict[str, Any]
Damage = Callable[[Any, str, Path], Expected]


def connect(entry: dict[str, Any]) -> tuple[Any, str]:
    """An autocommitting connection to an entry of DATABASES, and its vendor."""
    if entry["ENGINE"].endswith("sqlite3"):
        return sqlite3.connect(entry["NAME"], isolation_level=None), "sqlite"
    import psycopg

    parameters = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {name: entry[key] for name, key in parameters.items() if entry.get(key)}
    return psycopg.connect(autocommit=True, **given), "postgresql"


def expect(name: str, *, mentions: Iterable[str] = (), also: Iterable[str] = (), **subject: str) -> Expected:
    return {"name": name, "subject": subject, "mentions": tuple(mentions), "also": tuple(also)}


def record_deleted(connection: Any, vendor: str, project: Path) -> Expected:
    """A record in the middle of its app is gone: the later ones are applied before their dependency."""
    _forget(connection, "shop", "0007_indexes")
    mentions = ["shop.0007_indexes", "shop.0008_constraints"]
    return expect("inconsistent-history", app="shop", mentions=mentions, also=["applied-not-recorded"])


def column_dropped(connection: Any, vendor: str, project: Path) -> Expected:
    """A column is gone that came with others."""
    _change_column(connection, vendor, "shop_customer", "born_on", lambda text: None, "DROP COLUMN {column}")
    return expect("schema-drift", table="shop_customer", column="born_on", also=["half-applied"])


def fake_that_went_wrong(connection: Any, vendor: str, project: Path) -> Expected:
    """All that a recorded migration did is not there."""
    _change_column(connection, vendor, "shop_product", "stock", lambda text: None, "DROP COLUMN {column}")
    return expect("recorded-not-applied", app="shop", migration="0010_stock", mentions=["stock"])


def type_changed(connection: Any, vendor: str, project: Path) -> Expected:
    """A column has another type."""
    _change_column(
        connection,
        vendor,
        "shop_category",
        "position",
        lambda text: text.replace("smallint unsigned", "integer", 1),
        "ALTER COLUMN {column} TYPE integer",
    )
    return expect("schema-drift", table="shop_category", column="position", mentions=["smallint", "integer"])


def nullability_changed(connection: Any, vendor: str, project: Path) -> Expected:
    """A column takes NULL that should not."""
    _change_column(
        connection,
        vendor,
        "shop_order",
        "placed_at",
        lambda text: text.replace(" NOT NULL", "", 1),
        "ALTER COLUMN {column} DROP NOT NULL",
    )
    return expect("schema-drift", table="shop_order", column="placed_at")


def not_null_added(connection: Any, vendor: str, project: Path) -> Expected:
    """A column takes no NULL that should."""
    _change_column(
        connection,
        vendor,
        "shop_customer",
        "born_on",
        lambda text: re.sub(r" NULL\b", " NOT NULL", text, count=1),
        "ALTER COLUMN {column} SET NOT NULL",
    )
    return expect("schema-drift", table="shop_customer", column="born_on")


def default_changed(connection: Any, vendor: str, project: Path) -> Expected:
    """A column has another default in the database."""
    _change_column(
        connection,
        vendor,
        "shop_product",
        "stock",
        lambda text: re.sub(r" DEFAULT (\(\d+\)|\S+)", "", text) + " DEFAULT 7",
        "ALTER COLUMN {column} SET DEFAULT 7",
    )
    return expect("schema-drift", table="shop_product", column="stock", mentions=["7"])


def index_dropped(connection: Any, vendor: str, project: Path) -> Expected:
    """An index of two columns is gone; its migration has others, which are there."""
    connection.execute("DROP INDEX shop_product_newest_idx")
    return expect(
        "schema-drift", table="shop_product", mentions=["shop_product_newest_idx"], also=["half-applied"]
    )


def unique_dropped(connection: Any, vendor: str, project: Path) -> Expected:
    """A unique constraint of two columns is gone."""
    _drop_constraint(connection, vendor, "shop_product", "shop_product_sku_once")
    return expect(
        "schema-drift", table="shop_product", mentions=["shop_product_sku_once"], also=["half-applied"]
    )


def check_dropped(connection: Any, vendor: str, project: Path) -> Expected:
    """A check constraint is gone."""
    _drop_constraint(connection, vendor, "shop_orderline", "shop_orderline_quantity_positive")
    mentions = ["shop_orderline_quantity_positive"]
    return expect("schema-drift", table="shop_orderline", mentions=mentions, also=["half-applied"])


def foreign_key_dropped(connection: Any, vendor: str, project: Path) -> Expected:
    """A column stays, but refers to nothing."""
    if vendor == "sqlite":
        _rebuild_column(
            connection, "shop_orderline", "product_id", lambda text: re.sub(r" REFERENCES .*", "", text)
        )
    else:
        (name,) = connection.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'shop_orderline'::regclass AND contype = 'f'"
            " AND confrelid = 'shop_product'::regclass"
        ).fetchone()
        _drop_constraint(connection, vendor, "shop_orderline", name)
    return expect("schema-drift", table="shop_orderline", mentions=["product_id"])


def record_without_file(connection: Any, vendor: str, project: Path) -> Expected:
    """A migration is recorded whose file is nowhere."""
    connection.execute(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0099_gone', '2026-03-01 10:00:00')"
    )
    return expect("missing-file", app="shop", migration="0099_gone")


def two_leaves(connection: Any, vendor: str, project: Path) -> Expected:
    """Two migrations follow the same one."""
    _write_migration(project, "0013_other", "0012_gross", "[]")
    return expect("conflicting-leaves", app="shop", mentions=["0013_invoice", "0013_other"])


def cut_off(connection: Any, vendor: str, project: Path) -> Expected:
    """The last migration stopped after the first of its two operations, and was not recorded."""
    _forget(connection, "shop", "0013_invoice")
    _change_column(connection, vendor, "shop_order", "reference", lambda text: None, "DROP COLUMN {column}")
    return expect("half-applied", app="shop", migration="0013_invoice", mentions=["reference"])


def table_by_hand(connection: Any, vendor: str, project: Path) -> Expected:
    """Somebody made the table of a pending migration by hand, and forgot a column."""
    _add_voucher(project)
    connection.execute(f'CREATE TABLE "shop_voucher" ({_id(vendor)})')
    return expect("half-applied", app="shop", migration="0014_voucher", mentions=["shop_voucher", "amount"])


def table_by_hand_exactly(connection: Any, vendor: str, project: Path) -> Expected:
    """Somebody made the table of a pending migration by hand, exactly as the migration would."""
    _add_voucher(project)
    connection.execute(f'CREATE TABLE "shop_voucher" ({_id(vendor)}, "amount" integer NOT NULL)')
    return expect("applied-not-recorded", app="shop", migration="0014_voucher")


def all_records_deleted(connection: Any, vendor: str, project: Path) -> Expected:
    """Nothing is recorded at all, and everything is there."""
    connection.execute("DELETE FROM django_migrations")
    return expect("applied-not-recorded")


def violations_in_three_apps(connection: Any, vendor: str, project: Path) -> Expected:
    """Records are gone in the middle of three apps; in one of them, what it recorded is gone too."""
    for app in ("auth", "taggit"):
        (name,) = connection.execute(
            f"SELECT name FROM django_migrations WHERE app = '{app}' ORDER BY name LIMIT 1 OFFSET 1"
        ).fetchone()
        _forget(connection, app, name)
    _forget(connection, "shop", "0010_stock")
    _change_column(connection, vendor, "shop_product", "stock", lambda text: None, "DROP COLUMN {column}")
    return expect(
        "inconsistent-history", app="shop", mentions=["shop.0010_stock"], also=["inconsistent-history"]
    )


DAMAGES: tuple[Damage, ...] = (
    record_deleted,
    column_dropped,
    fake_that_went_wrong,
    type_changed,
    nullability_changed,
    not_null_added,
    default_changed,
    index_dropped,
    unique_dropped,
    check_dropped,
    foreign_key_dropped,
    record_without_file,
    two_leaves,
    cut_off,
    table_by_hand,
    table_by_hand_exactly,
    all_records_deleted,
    violations_in_three_apps,
)


def _forget(connection: Any, app: str, name: str) -> None:
    cursor = connection.execute(f"DELETE FROM django_migrations WHERE app = '{app}' AND name = '{name}'")
    assert cursor.rowcount == 1, f"{app}.{name} was not recorded"


def _id(vendor: str) -> str:
    if vendor == "sqlite":
        return '"id" integer NOT NULL PRIMARY KEY AUTOINCREMENT'
    return '"id" bigint NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY'


def _add_voucher(project: Path) -> None:
    """A model and the migration that creates it, in the project's copy."""
    models = project / "shop" / "models.py"
    model = "\n\nclass Voucher(models.Model):\n    amount = models.IntegerField()\n"
    models.write_text(models.read_text() + model)
    fields = (
        '("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),'
        ' ("amount", models.IntegerField()),'
    )
    _write_migration(
        project,
        "0014_voucher",
        "0013_invoice",
        f'[migrations.CreateModel(name="Voucher", fields=[{fields}])]',
    )


def _write_migration(project: Path, name: str, after: str, operations: str) -> None:
    text = f"""\
        from django.db import migrations, models


        class Migration(migrations.Migration):
            dependencies = [("shop", "{after}")]

            operations = {operations}
    """
    (project / "shop" / "migrations" / f"{name}.py").write_text(textwrap.dedent(text))


def _change_column(
    connection: Any,
    vendor: str,
    table: str,
    column: str,
    edit: Callable[[str], str | None],
    postgresql: str,
) -> None:
    """Changes a column: on SQLite by an edit of its definition (None drops it), on PostgreSQL by ALTER TABLE."""
    if vendor == "sqlite":
        _rebuild_column(connection, table, column, edit)
    else:
        connection.execute(f'ALTER TABLE "{table}" ' + postgresql.format(column=f'"{column}"'))


def _drop_constraint(connection: Any, vendor: str, table: str, name: str) -> None:
    if vendor == "sqlite":
        _rebuild(connection, table, lambda part: None if part.startswith(f'CONSTRAINT "{name}"') else part)
    else:
        connection.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')


def _rebuild_column(connection: Any, table: str, column: str, edit: Callable[[str], str | None]) -> None:
    _rebuild(connection, table, lambda part: edit(part) if part.startswith(f'"{column}" ') else part)


def _rebuild(connection: Any, table: str, edit: Callable[[str], str | None]) -> None:
    """SQLite: makes the table anew from its own text with one part edited, and copies its rows; its indexes stay."""
    (text,) = connection.execute(f"SELECT sql FROM sqlite_master WHERE name = '{table}'").fetchone()
    start, end = text.index("(") + 1, text.rindex(")")
    parts = _split(text[start:end])
    edited = [new for part in parts if (new := edit(part)) is not None]
    assert edited != parts, f"nothing to change in {text}"
    others = [
        sql
        for (sql,) in connection.execute(
            "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
            f" AND tbl_name = '{table}'"
        )
    ]
    connection.execute("PRAGMA foreign_keys = OFF")
    # Without this, renaming the new table would rewrite what other tables and views say of it.
    connection.execute("PRAGMA legacy_alter_table = ON")
    connection.execute("BEGIN")
    connection.execute(f'CREATE TABLE "new__{table}" ({", ".join(edited)}{text[end:]}')
    columns = ", ".join(f'"{name}"' for name in _columns(connection, f"new__{table}"))
    connection.execute(f'INSERT INTO "new__{table}" ({columns}) SELECT {columns} FROM "{table}"')
    connection.execute(f'DROP TABLE "{table}"')
    connection.execute(f'ALTER TABLE "new__{table}" RENAME TO "{table}"')
    for sql in others:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA legacy_alter_table = OFF")
    connection.execute("PRAGMA foreign_keys = ON")


def _columns(connection: Any, table: str) -> list[str]:
    """The columns that can be written; generated ones are hidden here."""
    return [name for (name,) in connection.execute(f"SELECT name FROM pragma_table_info('{table}')")]


def _split(body: str) -> list[str]:
    """The definitions in the body of a CREATE TABLE: split at the commas outside of brackets and quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for position, character in enumerate(body):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == "," and depth == 0:
            parts.append(body[start:position].strip())
            start = position + 1
    return [*parts, body[start:].strip()]
