"""The property on which the comparison rests: what the same DDL makes in two places reads the same."""

from __future__ import annotations

import random
from typing import Any

import django
import pytest
from django.apps.registry import Apps
from django.db import models
from django.db.models.functions import Lower, Now, Upper

from migwizard.databases import of

from .statements import execute

FIELDS = (
    lambda: models.CharField(max_length=30, unique=True),
    lambda: models.CharField(max_length=30, db_index=True, null=True),
    lambda: models.PositiveIntegerField(db_comment="who's (there)"),
    lambda: models.BooleanField(default=True),
    lambda: models.JSONField(null=True),
    lambda: models.UUIDField(),
    lambda: models.BinaryField(null=True),
    lambda: models.FloatField(db_index=True),
    lambda: models.SlugField(),
    lambda: models.DurationField(null=True),
    lambda: models.GenericIPAddressField(null=True),
)
SINCE_5 = (
    lambda: models.CharField(max_length=5, db_default="it's"),
    lambda: models.TextField(db_default="public.x REFERENCES \"x\" 'quoted' \\ 100%"),
    lambda: models.DateTimeField(db_default=Now()),
    lambda: models.DecimalField(max_digits=10, decimal_places=2, db_default=1),
    lambda: models.GeneratedField(
        expression=models.F("number") * 2, output_field=models.IntegerField(), db_persist=True
    ),
)
if django.VERSION >= (5,):
    FIELDS += SINCE_5
META = (
    lambda name: {"indexes": [models.Index(fields=["-number", "text"], name=f"{name}_one")]},
    lambda name: {"indexes": [models.Index(Lower("text"), "number", name=f"{name}_two")]},
    lambda name: {
        "indexes": [
            models.Index(
                fields=["text"], condition=models.Q(number__gt=3, text__startswith="a'%"), name=f"{name}_3"
            )
        ]
    },
    lambda name: {"constraints": [models.UniqueConstraint(Upper("text"), name=f"{name}_four")]},
    lambda name: {
        "constraints": [
            models.UniqueConstraint(
                fields=["text"], condition=models.Q(number__isnull=False), name=f"{name}_five"
            ),
            models.UniqueConstraint(
                fields=["number", "text"], name=f"{name}_six", deferrable=models.Deferrable.DEFERRED
            ),
        ]
    },
    lambda name: {
        "constraints": [check(models.Q(number__gte=0) | models.Q(text__in=["a", "b'c"]), f"{name}_seven")],
        "unique_together": {("text", "number")},
        "db_table_comment": "a table (of ours)",
    },
)


def check(condition: models.Q, name: str) -> models.CheckConstraint:
    """Return a check constraint; its argument has another name before Django 5.1."""
    try:
        return models.CheckConstraint(condition=condition, name=name)
    except TypeError:
        return models.CheckConstraint(check=condition, name=name)


def random_models(seed: int) -> list[type[models.Model]]:
    """Return models with whatever the seed chose, each pointing to itself and to those before it."""
    chance, registry = random.Random(seed), Apps()
    made: list[type[models.Model]] = []
    # No quote in a name: Django's `quote_name` does not double it.
    tables = ["plain", "UPPER case", "x]; -- [/]", "new\nline"]
    for number, table in enumerate(tables):
        name = f"Model{number}"
        fields: dict[str, Any] = {
            "number": models.IntegerField(null=True),
            "text": models.CharField(max_length=9),
        }
        for place, make in enumerate(chance.sample(FIELDS, 6)):
            fields[f"field{place}"] = make()
        fields["self"] = models.ForeignKey("self", models.CASCADE, null=True, related_name="+")
        if made:
            fields["other"] = models.ForeignKey(chance.choice(made), models.CASCADE, related_name="+")
            fields["single"] = models.OneToOneField(chance.choice(made), models.CASCADE, related_name="+")
            fields["many"] = models.ManyToManyField(chance.choice(made), related_name="+")
        options = {"app_label": "shop", "apps": registry, "db_table": table} | chance.choice(META)(
            f"m{number}"
        )
        body = {"__module__": __name__, "Meta": type("Meta", (), options)} | fields
        made.append(type(name, (models.Model,), body))
    return made


def build(connection, made) -> None:
    with connection.schema_editor(atomic=False) as editor:
        for model in made:
            editor.create_model(model)


@pytest.mark.parametrize("seed", range(8))
def test_a_shadow_reads_as_what_is_live(connection, seed):
    database, made = of(connection), random_models(seed)
    build(connection, made)
    live = database.snapshot()
    assert len(live.tables) == 7
    with database.create_shadow() as (shadow, schema):
        build(shadow, reversed(random_models(seed)) if connection.vendor == "sqlite" else random_models(seed))
        built = of(shadow).snapshot(schema)
    assert built.tables == live.tables
    assert database.snapshot(tables=live.tables).tables == live.tables
    for name, table in live.tables.items():
        assert database.snapshot(tables=[name]).tables == {name: table}


@pytest.mark.parametrize("seed", range(8, 12))
def test_another_schema_reads_as_the_first(each_postgresql, seed):
    made = random_models(seed)
    build(each_postgresql, made)
    live = of(each_postgresql).snapshot()
    execute(each_postgresql, 'CREATE SCHEMA "Other; x"', 'SET search_path TO "Other; x"')
    build(each_postgresql, made)
    assert of(each_postgresql).snapshot() == type(live)("Other; x", live.tables)
    assert of(each_postgresql).snapshot("public") == live
