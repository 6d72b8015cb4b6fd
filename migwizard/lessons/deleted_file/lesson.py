"""A deleted migration file.

## What happened
Somebody tidied up. The migration shop.0003_order_note had been applied everywhere long ago, so its file seemed to be of
no use any more, and a commit deleted it. But shop.0004_product_barcode still comes after it.

## What you see
No command that needs the graph works, not even `showmigrations`: NodeNotFoundError: Migration
shop.0004_product_barcode dependencies reference nonexistent parent node ('shop', '0003_order_note'). The database is as it
should be; only the code has a hole.

## What to do
Open the finding. The project is a git repository, and the evidence names the commit that deleted the file. The
recommended repair writes the file again as it was before that commit, and leaves the database alone. The preview shows
its text. Afterwards commit it.

## What to remember
A migration file is not done once it has run: later migrations, new databases and the tests need it. Whoever wants fewer
files squashes them. And a record without a file is not pruned before somebody has looked for the file.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .. import repository

TITLE = "A deleted file in a git repository: later migrations still depend on it"

PROJECT = ("shop", "notes", "barcodes")

MIGRATE = ((),)

EXPECTS = ("missing-dependency:shop.0003_order_note",)

DELETED = Path("shop", "migrations", "0003_order_note.py")


def damage(connection: sqlite3.Connection, root: Path) -> None:
    """Put the project into a repository, and delete a file in its second commit."""
    repository.make(root)
    repository.commit(root, "An online shop", "2026-03-02 09:30:00 +0000")
    (root / DELETED).unlink()
    repository.commit(root, "Tidy up old migrations", "2026-03-16 17:05:00 +0000")
