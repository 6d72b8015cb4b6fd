"""Any shape of a table can be made of any other: on both databases, there and back."""

from __future__ import annotations

import pytest

from migwizard.databases import of

from .altering import alter, differences, everything
from .test_same_tables import build, random_models


@pytest.mark.parametrize("seed", range(12))
def test_any_tables_become_any_others_and_back(connection, connect, new_database, seed):
    """What Django's schema editor makes of one set of models becomes what it makes of another, under the same names."""
    build(connection, random_models(seed))
    before = of(connection).snapshot().tables
    kind = "sqlite" if connection.vendor == "sqlite" else "postgresql"
    other = connect(new_database(kind))
    build(other, random_models(seed + 100))
    after = of(other).snapshot().tables
    other.close()
    alter(connection, everything(after, before))
    assert differences(connection, after) == []
    alter(connection, everything(before, after))
    assert differences(connection, before) == []
    assert alter(connection, everything(before, before)) == ()
