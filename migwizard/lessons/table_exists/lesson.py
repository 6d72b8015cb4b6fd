"""A table that already exists.

## What happened
The deploy that brought billing.0002_payment was killed between two moments: the table was there, its row in
django_migrations was not written yet. The new code found its table and has been taking payments ever since.

## What you see
`python manage.py migrate` says: table "billing_payment" already exists. It says so at every deploy, and
billing.0003_reminder, which comes after it, never gets its turn.

## What to do
Open the finding. The table has every column, key and index that the migration makes, so the migration is applied in
all but name: the recommended repair records it, and touches nothing else. Then migrate, for the migration that waits.

## What to remember
Do not drop a table because a migration wants to create it: this one holds payments. And do not fake before you have
compared: a table of the same name may lack a column.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

TITLE = "A table that already exists: an interrupted deploy made it, and did not record it"

PROJECT = ("shop", "billing")

MIGRATE = (("auth",), ("shop",), ("billing", "0002_payment"))

EXPECTS = ("applied-not-recorded:billing.0002_payment",)


def damage(connection: sqlite3.Connection, root: Path) -> None:
    """Forget what comes after the making of a table: its record, and what `migrate` does at its end."""
    connection.execute("DELETE FROM django_migrations WHERE app = 'billing' AND name = '0002_payment'")
    content_type = "(SELECT id FROM django_content_type WHERE app_label = 'billing' AND model = 'payment')"
    connection.execute(f"DELETE FROM auth_permission WHERE content_type_id = {content_type}")
    connection.execute(f"DELETE FROM django_content_type WHERE id = {content_type}")
