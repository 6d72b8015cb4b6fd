from __future__ import annotations

from dataclasses import replace

from migwizard.core.dialects.rehearsed import Event, Member
from migwizard.diagnoses import key_too_long

from .ahead import MARIADB, MSSQL, MYSQL, column, makes, only, pending

RULE = Member("code_uniq", "unique", unique=True)
PLAIN = Member("code_idx", "index")


def test_mysql_refuses_a_key_of_too_many_bytes():
    finding = only(key_too_long, MYSQL, makes(RULE, column("code", "varchar(769)")))
    assert finding.severity == "error"
    assert finding.summary == (
        "shop.0002_note cannot run on MySQL 8.4: it makes a key of 3076 bytes on shop_order, and 3072 are the most."
    )
    assert finding.evidence[1:] == (
        "it makes the unique constraint code_uniq on code, with 4 bytes a character",
        "error 1071: Specified key was too long; max key length is 3072 bytes",
        "Give the fields a smaller max_length: at most 768 characters together.",
    )
    assert key_too_long.find(pending(MYSQL, makes(RULE, column("code", "varchar(768)")))) == ()


def test_the_bytes_of_a_character_are_those_of_the_database():
    latin = replace(MYSQL, character_bytes=1)
    assert key_too_long.find(pending(latin, makes(RULE, column("code", "varchar(769)")))) == ()


def test_mariadb_cuts_an_index_and_hashes_a_rule_but_not_two_columns():
    long = column("code", "varchar(2000)")
    assert key_too_long.find(pending(MARIADB, makes(RULE, long))) == ()
    assert key_too_long.find(pending(MARIADB, makes(PLAIN, long))) == ()
    only(key_too_long, MARIADB, makes(PLAIN, long, column("n", "integer")))
    only(key_too_long, MARIADB, makes(Member("PRIMARY", "primary", unique=True), long))


def test_a_key_that_gets_longer_is_told_too():
    before, after = column("code", "varchar(20)"), column("code", "varchar(800)")
    member = replace(RULE, columns=("code",))
    event = Event("alters-column", "shop_order", after, before, parts=(after,), dependents=(member,))
    only(key_too_long, MYSQL, event)


def test_sql_server_refuses_the_rows_later():
    finding = only(key_too_long, MSSQL, makes(RULE, column("code", "nvarchar(1000)")))
    assert finding.severity == "warning"
    assert finding.summary == (
        "shop.0002_note makes a key of up to 2000 bytes on shop_order; SQL Server refuses every row that takes more"
        " than 1700."
    )
    assert key_too_long.find(pending(MSSQL, makes(RULE, column("code", "nvarchar(850)")))) == ()
