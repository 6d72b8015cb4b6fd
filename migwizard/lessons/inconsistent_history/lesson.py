"""An inconsistent history over three apps.

## What happened
The shop's database was restored from a backup, and somebody tidied up the table django_migrations by hand. Three rows
went that should have stayed. And billing.0002_payment, which was released long ago, was later made to depend on
customers.0003_loyalty_card, which has never run here.

## What you see
`python manage.py migrate` names a single violation and stops before it has done anything. So do `migrate --fake`,
`migrate --plan` and `makemigrations`: Django checks the history first. Nor does it look into the database, so it cannot
tell a row that is missing from a migration that has not run.

## What to do
Open a finding and look at the three columns of the ledger: file, record, schema. Three of the missing migrations are
in the schema, down to the last index: they only need their rows back. The fourth has no table: it has to run. The
recommended repair does both in one transaction, in the order of the dependencies. Look at its preview, then run it.

## What to remember
Never fake a migration because an error message names it. Ask the schema first: what it proves may be recorded, what
it disproves has to run.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

TITLE = "An inconsistent history over three apps: three records are lost, one migration never ran"

PROJECT = ("shop", "billing")

MIGRATE = ((),)

EXPECTS = (
    "inconsistent-history:customers.0002_address",
    "inconsistent-history:customers.0003_loyalty_card",
    "inconsistent-history:shop.0003_order_note",
    "inconsistent-history:billing.0001_initial",
)

LOST = (
    ("customers", "0002_address"),
    ("customers", "0003_loyalty_card"),
    ("shop", "0003_order_note"),
    ("billing", "0001_initial"),
)


def damage(connection: sqlite3.Connection, root: Path) -> None:
    """Forget four migrations, and leave nothing of one of them."""
    connection.executemany("DELETE FROM django_migrations WHERE app = ? AND name = ?", LOST)
    connection.execute("DROP TABLE customers_loyaltycard")
    content_type = (
        "(SELECT id FROM django_content_type WHERE app_label = 'customers' AND model = 'loyaltycard')"
    )
    connection.execute(f"DELETE FROM auth_permission WHERE content_type_id = {content_type}")
    connection.execute(f"DELETE FROM django_content_type WHERE id = {content_type}")
