"""A fake that went wrong.

## What happened
A deploy failed, and somebody followed the advice to run `python manage.py migrate --fake shop 0003_order_note`. That
wrote the row in django_migrations and nothing else: the column was never made. A later migration,
shop.0004_product_barcode, has been applied since, as if nothing were wrong.

## What you see
`python manage.py migrate` has nothing to do, `showmigrations` shows a cross everywhere, and yet every page with orders
fails with: no such column: shop_order.note.

## What to do
Open the finding: file yes, record yes, schema no. The recommended repair runs what the migration would have run, and
leaves its row and the later migration as they are. There is no need to take shop.0004_product_barcode back first, and
the orders keep their rows.

## What to remember
A fake is a statement about the database, and Django believes it without looking. Whoever fakes has to look.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

TITLE = "A fake that went wrong: a recorded migration whose column does not exist"

PROJECT = ("shop", "notes", "barcodes")

MIGRATE = (("shop", "0002_order"), ("shop", "0003_order_note", "--fake"), ())

EXPECTS = ("recorded-not-applied:shop.0003_order_note",)


def damage(connection: sqlite3.Connection, root: Path) -> None:
    """Do nothing more: the runs of `migrate` were the damage."""
