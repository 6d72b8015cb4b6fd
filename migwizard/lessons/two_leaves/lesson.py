"""Two last migrations.

## What happened
Two people worked on the shop, each on a branch. One added a note to the orders, the other a barcode to the products, and
each made a migration after shop.0002_order. Git merged the branches without a word, for the files have different names.
This database has run the first of the two; the second came with the last pull.

## What you see
`python manage.py migrate` says: Conflicting migrations detected; multiple leaf nodes in the migration graph:
(0003_order_note, 0003_product_barcode in shop). `makemigrations` says the same. Nothing else in the release can be
deployed until that is settled.

## What to do
Open the finding. It names the migration that both come after, and which of them is recorded here. They touch different
models, so the recommended repair writes a migration that depends on both and changes nothing itself. Look at the file in
the preview, then run it, and migrate.

## What to remember
Two branches that git can merge may still contradict each other: it compares lines, not models. Whoever merges branches
with migrations looks at the graph afterwards.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

TITLE = "Two last migrations: two branches were merged, and migrate refuses to choose"

PROJECT = ("shop", "notes")

MIGRATE = ((),)

EXPECTS = ("conflicting-leaves:shop",)


def damage(connection: sqlite3.Connection, root: Path) -> None:
    """Do nothing more: the files that came with the merge are the damage."""
