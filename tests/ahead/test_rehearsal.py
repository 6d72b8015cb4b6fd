"""A rehearsal runs nothing of the project's and connects to nothing."""

from __future__ import annotations

import pytest

from .kit import ID, findings, model, project

MARK = """
from pathlib import Path

HERE = Path(__file__).parent


def ran(*arguments):
    (HERE / "ran").touch()
    return 1


class Own(migrations.RunSQL):
    def database_forwards(self, *arguments):
        ran()


class OwnField(migrations.AddField):
    def database_forwards(self, *arguments):
        ran()
"""

OPERATIONS = [
    "migrations.RunPython(ran)",
    "migrations.SeparateDatabaseAndState(database_operations=[migrations.RunPython(ran)])",
    "migrations.SeparateDatabaseAndState(database_operations=[migrations.SeparateDatabaseAndState("
    "database_operations=[Own('SELECT 1')])])",
    "Own('SELECT 1')",
    "OwnField('T', 'm', models.IntegerField(default=1))",
    "migrations.AddField('T', 'k', models.IntegerField(default=ran))",
]


def marked(tmp_path, database, operations):
    made = project(tmp_path / "p", [[model("T", "n=IntegerField()")], operations], database)
    path = made.root / "shop" / "migrations" / "0002_x.py"
    head, _, rest = path.read_text().partition("\n\nclass Migration")
    path.write_text(f"{head}\n{MARK}\n\nclass Migration{rest}")
    return made, path.parent / "ran"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_check_runs_no_code_of_a_pending_migration(tmp_path, mariadb, operation):
    made, ran = marked(tmp_path, mariadb, [operation])
    assert made.manage("migrate", "shop", "0001").code == 0
    assert findings(made, "refused-operation") == {}
    assert not ran.exists()
    assert made.manage("migrate").code == 0
    assert ran.exists()


def test_sql_runs_no_python_either_and_opens_no_connection(tmp_path, mariadb):
    asks = "migrations.AddField('T', 'k', models.IntegerField(default=asks))"
    made, ran = marked(tmp_path, mariadb, [*OPERATIONS[:2], asks])
    path = ran.parent / "0002_x.py"
    code = (
        "\n\ndef asks():\n    from django.db import connection\n"
        "    connection.cursor().execute('DELETE FROM shop_t')\n    ran()\n    return 1\n"
    )
    path.write_text(path.read_text().replace("\n\nclass Own(", f"{code}\n\nclass Own("))
    outcome = made.migwizard("sql", "shop", "0002", "--dialect", "all")
    assert outcome.code == 0, outcome.stderr
    # SQLite copies the rows with it; SQL Server may be missing.
    assert outcome.stdout.count("<what asks returns>") >= 4
    assert not ran.exists()


def test_a_foreign_key_to_a_key_that_was_altered_in_the_state_alone(tmp_path, mariadb):
    state = "migrations.SeparateDatabaseAndState(state_operations=[migrations.AlterField('P', 'id',"
    chain = [
        [f"migrations.CreateModel('P', [{ID}])"],
        [f"{state} models.BigAutoField(primary_key=True))])"],
        [model("C", "p=ForeignKey('shop.P', models.CASCADE)")],
    ]
    made = project(tmp_path / "p", chain, mariadb)
    assert made.manage("migrate", "shop", "0002").code == 0
    (finding,) = findings(made, "foreign-key-type-mismatch").values()
    assert finding["id"] == "foreign-key-type-mismatch:shop.0003_x:1"
    assert "shop_c.p_id is bigint, and points to shop_p.id, which is integer." in finding["summary"]
    assert made.manage("migrate").code == 1
