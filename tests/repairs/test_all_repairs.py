"""What every repair has."""

from __future__ import annotations

from pathlib import Path

import pytest

from migwizard.diagnoses.base import AVAILABLE
from migwizard.repairs import REPAIRS
from tests.readme import table_of_repairs, tables_in

README = Path(__file__).parent.parent.parent / "README.md"


@pytest.mark.parametrize("repair", REPAIRS, ids=lambda repair: repair.INFO.name)
def test_it_explains_itself_and_has_a_file_of_its_name(repair):
    text = repair.__doc__
    assert text is not None
    assert "## What it does" in text
    assert repair.__name__.rpartition(".")[2] == repair.INFO.name.replace("-", "_")


def test_diagnoses_offer_what_there_is_and_nothing_else():
    assert set(AVAILABLE) == {repair.INFO.name for repair in REPAIRS}


def test_readme_has_a_row_for_each():
    assert tables_in(README.read_text())["repairs"] == table_of_repairs(), "run python -m tests.readme"


def test_each_is_there_once():
    names = [repair.INFO.name for repair in REPAIRS]
    assert sorted(set(names)) == sorted(names)
    assert sorted(set(AVAILABLE)) == sorted(AVAILABLE)
