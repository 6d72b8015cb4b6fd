"""The diagnosis undiscovered-migrations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.graph.undiscovered import Undiscovered
from migwizard.diagnoses.undiscovered_migrations import find

from .build import chain, situation


@pytest.mark.parametrize(
    ("reason", "severity"),
    [("missing", "error"), ("namespace", "warning"), ("module", "warning"), ("disabled", "info")],
)
def test_what_django_does_not_see_is_told(reason, severity):
    unseen = Undiscovered("shop", reason, "/srv/shop/migrations", "Nobody sees it.", ("0001_initial",))
    (finding,) = find(replace(situation(chain("blog.0001")), undiscovered=(unseen,)))
    assert (finding.id, finding.severity) == ("undiscovered-migrations:shop", severity)
    assert finding.summary == "Nobody sees it."
    assert finding.evidence == ("not seen: 0001_initial",)
    assert finding.subject.app == "shop"
