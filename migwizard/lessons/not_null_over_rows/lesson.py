"""A NOT NULL column over existing rows.

## What happened
shop.0003_order_details gave every order a date on which it is due. Last night somebody repaired the table of orders with
a copy from before that release: the orders are all there, and the column is not.

## What you see
`python manage.py migrate` has nothing to do, and every page with orders fails with: no such column: shop_order.due. The
column is NOT NULL and has no default, so it cannot simply be added: SQLite says "Cannot add a NOT NULL column with default
value NULL", PostgreSQL: column "due" of relation "shop_order" contains null values. There are four orders in the table,
and each of them needs a date.

## What to do
Open the finding. Only the column is missing; the note and the index, which the same migration makes, are there, so
running the migration again would fail. The recommended repair makes the column as the migration made it, and asks which
date the orders get: nobody but you can know that. Look at the preview, then run it.

## What to remember
A migration that adds a NOT NULL column to a table with rows needs a value for them: a default that is true, or three
releases (nullable, fill, NOT NULL). And a table that is restored by itself is as old as its copy.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

TITLE = "A NOT NULL column over existing rows: it is missing, and four orders need a value for it"

PROJECT = ("shop",)

MIGRATE = ((),)

EXPECTS = ("schema-drift:shop_order.due:column-missing",)


def damage(connection: sqlite3.Connection, root: Path) -> None:
    """Take the column away, with the dates in it."""
    connection.execute("ALTER TABLE shop_order DROP COLUMN due")
