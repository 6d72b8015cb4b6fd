from __future__ import annotations

from migwizard.core.dialects.rehearsed import Member
from migwizard.diagnoses import foreign_key_type_mismatch

from .ahead import MARIADB, MYSQL, column, makes, only, pending

POINTS = Member("order_fk", "foreign", references=("shop_person", "id"))


def test_another_type_is_an_error_in_the_words_of_each_server():
    event = makes(POINTS, column("buyer_id", "bigint"), target=column("id", "integer"))
    finding = only(foreign_key_type_mismatch, MYSQL, event)
    assert finding.severity == "error"
    assert finding.summary == (
        "shop.0002_note cannot run on MySQL 8.4: shop_order.buyer_id is bigint, and points to shop_person.id, which is"
        " integer."
    )
    assert finding.evidence[2] == (
        "error 3780: Referencing column 'buyer_id' and referenced column 'id' in foreign key constraint 'order_fk' are"
        " incompatible"
    )
    assert "error 1005 (errno 150)" in only(foreign_key_type_mismatch, MARIADB, event).evidence[2]


def test_the_same_type_written_otherwise_is_fine():
    for own, other in (("integer", "int(11)"), ("bigint", "bigint(20)"), ("varchar(20)", "varchar(30)")):
        event = makes(POINTS, column("buyer_id", own), target=column("id", other))
        assert foreign_key_type_mismatch.find(pending(MYSQL, event)) == ()


def test_a_target_that_nobody_knows_is_not_judged():
    assert foreign_key_type_mismatch.find(pending(MYSQL, makes(POINTS, column("buyer_id", "bigint")))) == ()
