"""What a shadow builds of a table that is only needed for a foreign key to it."""

from __future__ import annotations

import django
import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from migwizard.reading.shadow import excerpt

KEY = ("id", models.BigAutoField(primary_key=True))


@pytest.fixture(autouse=True)
def apps_ready() -> None:
    """Let fields be cloned, which asks the installed apps for swappable models."""
    if not settings.configured:
        settings.configure(USE_TZ=True, TIME_ZONE="Europe/Berlin")
    if not apps.ready:
        django.setup()


def test_a_table_that_is_only_pointed_to_points_to_none_itself():
    state = ProjectState()
    state.add_model(ModelState("shop", "Far", [KEY]))
    near = models.OneToOneField("shop.far", on_delete=models.CASCADE)
    state.add_model(ModelState("shop", "Near", [KEY, ("far", near), ("note", models.TextField())]))
    state.add_model(
        ModelState("shop", "Own", [KEY, ("near", models.ForeignKey("shop.near", on_delete=models.CASCADE))])
    )
    small = excerpt(state, [("shop", "own")])
    reduced = small.models["shop", "near"].fields
    assert list(reduced) == ["id", "far"]
    assert not reduced["far"].db_constraint
    assert near.db_constraint
    assert small.models["shop", "own"].fields["near"].db_constraint
