from __future__ import annotations

from migwizard.core.dialects.rehearsed import Member
from migwizard.diagnoses import unique_null_mismatch

from .ahead import MSSQL, column, makes, only, pending

RULE = Member("one_slug", "unique", unique=True)


def test_a_constraint_over_null_is_a_warning_with_the_condition_to_write():
    finding = only(
        unique_null_mismatch, MSSQL, makes(RULE, column("shop", "int"), column("slug", "nvarchar(9)", True))
    )
    assert finding.severity == "warning"
    assert finding.summary == (
        "shop.0002_note makes shop, slug of shop_order unique in a way that takes NULLs for equal on SQL Server, so a"
        " second row without a value is refused."
    )
    assert finding.evidence[1:3] == (
        "one_slug becomes a constraint, not a filtered index; slug may be NULL",
        "error 1505 if such rows are there already, error 2627 when the second one is written",
    )
    assert "condition=Q(slug__isnull=False)" in finding.evidence[3]


def test_a_filtered_index_and_columns_that_are_never_null_are_fine():
    filtered = Member("slug_uniq", "index", unique=True, condition="[slug] IS NOT NULL", also=("slug",))
    assert (
        unique_null_mismatch.find(pending(MSSQL, makes(filtered, column("slug", "nvarchar(9)", True)))) == ()
    )
    assert unique_null_mismatch.find(pending(MSSQL, makes(RULE, column("slug", "nvarchar(9)")))) == ()
