from __future__ import annotations

import pytest

from migwizard.core.dialects.rehearsed import Member
from migwizard.diagnoses import unindexable_column

from .ahead import MARIADB, MSSQL, MYSQL, column, makes, only, pending

RULE = Member("token_uniq", "unique", unique=True)


@pytest.mark.parametrize("kind", ["nvarchar(max)", "varbinary(max)", "xml"])
def test_sql_server_takes_no_key_without_a_length(kind):
    finding = only(unindexable_column, MSSQL, makes(RULE, column("token", kind)))
    assert finding.severity == "error"
    assert finding.summary == (
        f"shop.0002_note cannot run on SQL Server: shop_order.token is {kind}, which no index and no unique rule can"
        " be on."
    )
    assert finding.evidence[1:3] == (
        "it makes the unique constraint token_uniq",
        "error 1919: Column 'token' in table 'shop_order' is of a type that is invalid for use as a key column in an"
        " index",
    )


def test_mysql_neither_and_says_so_in_its_own_words():
    finding = only(unindexable_column, MYSQL, makes(RULE, column("token", "longtext")))
    assert finding.summary == (
        "shop.0002_note cannot run on MySQL 8.4: shop_order.token is longtext, which cannot be a key."
    )
    assert finding.evidence[2] == (
        "error 1170: BLOB/TEXT column 'token' used in key specification without a key length"
    )
    finding = only(unindexable_column, MYSQL, makes(RULE, column("token", "json")))
    assert finding.evidence[2] == (
        "error 3152: JSON column 'token' supports indexing only via generated columns"
    )


def test_mariadb_takes_it_but_for_a_primary_key():
    assert unindexable_column.find(pending(MARIADB, makes(RULE, column("token", "longtext")))) == ()
    plain = Member("token_idx", "index")
    assert unindexable_column.find(pending(MARIADB, makes(plain, column("token", "longtext")))) == ()
    primary = Member("PRIMARY", "primary", unique=True)
    only(unindexable_column, MARIADB, makes(primary, column("token", "longtext")))


def test_a_text_with_a_length_is_a_key_everywhere():
    for dialect, kind in ((MSSQL, "nvarchar(255)"), (MYSQL, "varchar(255)"), (MARIADB, "varchar(255)")):
        assert unindexable_column.find(pending(dialect, makes(RULE, column("token", kind)))) == ()
