from __future__ import annotations

from migwizard.core.dialects.rehearsed import Event
from migwizard.diagnoses import broken_statement

from .ahead import MARIADB, column, only


def test_the_word_none_is_no_statement():
    made = Event("adds-column", "shop_order", column("id", "integer"), new=True)
    finding = only(broken_statement, MARIADB, made, Event("breaks", "", text="None"))
    assert finding.severity == "error"
    assert finding.summary == (
        "shop.0002_note cannot run on MariaDB 11.4: Django executes the word None as a statement there, for a"
        " constraint that it leaves out."
    )
    assert finding.evidence[2:4] == (
        "error 1064: You have an error in your SQL syntax, near 'None'",
        "DDL is not transactional on MariaDB: the table stays, half made",
    )
