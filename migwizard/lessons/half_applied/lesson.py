"""A half-applied migration.

## What happened
The table of orders was busy, so shop.0003_order_note was not to be run by the deploy. Somebody printed its statements
with `sqlmigrate` and ran them by hand at night. The first went through: the index is there. Then the connection broke,
before the column was made and before anything was recorded.

## What you see
`python manage.py migrate` says: index order_placed already exists. It says so at every deploy, and
shop.0004_product_barcode, which comes after it, never gets its turn. Faked, the migration would count as applied, and
every page with orders would fail: no such column: shop_order.note.

## What to do
Open the finding: it lists the two operations, of which the first is in the schema and the second is not. The recommended
repair runs the one that is missing, and records the migration. The index stays as it is. Then migrate, for the migration
that waits.

## What to remember
"Already exists" does not mean that all of it does. Look at each operation before you fake a migration, and before you
drop what is in its way.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

TITLE = "A half-applied migration: its index is there, its column and its record are not"

PROJECT = ("shop", "notes", "barcodes")

MIGRATE = (("auth",), ("shop", "0003_order_note"))

EXPECTS = ("half-applied:shop.0003_order_note",)


def damage(connection: sqlite3.Connection, root: Path) -> None:
    """Take away what comes after the first operation: the column, and the record."""
    connection.execute("ALTER TABLE shop_order DROP COLUMN note")
    connection.execute("DELETE FROM django_migrations WHERE app = 'shop' AND name = '0003_order_note'")
