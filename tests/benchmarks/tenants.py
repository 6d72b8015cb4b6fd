"""A thousand tenants with 50 tables each: the overview, the records alone, memory; and a run with nothing to do.

    python -m tests.benchmarks tenants

One tenant is migrated by django-tenants, the others are copied from it in SQL, which takes some minutes. Every time is
that of a whole process, which has to start and to import the project.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator

from tests.projects import Project, write_project
from tests.tenants.kit import copies, tenants_entry

from .measure import CannotMeasure, Measurement, manage, medians, migwizard, run
from .places import Places
from .synthetic import Shape, synthetic_files

SHAPE = Shape(apps=10, migrations=20, models=4)
FEW, MANY = 300, 1000
OVERVIEW_SECONDS, RECORDS_SECONDS, MEGABYTES, TIMES = 5.0, 1.0, 500, 20

SETTINGS = """
SHARED_APPS = ["django_tenants", "django.contrib.contenttypes", "tenancy"]
TENANT_APPS = [app for app in INSTALLED_APPS if app != "tenancy"]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS
TENANT_MODEL = "tenancy.Client"
TENANT_DOMAIN_MODEL = "tenancy.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
"""

MODELS = """
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Client(TenantMixin):
    pass


class Domain(DomainMixin):
    pass
"""

FIRST = """
from tenancy.models import Client
Client(schema_name="t0000").save(verbosity=0)
"""
ROW = "INSERT INTO public.tenancy_client (schema_name) VALUES (%s)"

PARTS = """
import json, resource, time
from migwizard.reading.options import Options
from migwizard.reading.reader import Reader

reader = Reader(Options(compare={compare}))
reader.open()
reader.connect()
times = []
for _ in range(3):
    start = time.perf_counter()
    found = reader.overview()
    times.append(time.perf_counter() - start)
print(json.dumps([sorted(times)[1], len(found.tenants), len(found.groups)]))
"""


def tenants(places: Places) -> Iterator[Measurement]:
    """The overview and the records of 1,000 tenants, the memory for it, and a run over 300 that lack nothing."""
    if importlib.util.find_spec("django_tenants") is None:
        raise CannotMeasure("django-tenants is not installed")
    project = made(places)
    entry = dict(project.databases["default"])
    copies(entry, "t0000", [f"t{number:04}" for number in range(1, FEW)], ROW)
    yield from nothing_to_do(project)
    copies(entry, "t0000", [f"t{number:04}" for number in range(FEW, MANY)], ROW)
    with places.postgresql().connect(entry["NAME"]) as connection:
        connection.execute("VACUUM ANALYZE")
    for name, compare, limit in (
        ("overview", True, OVERVIEW_SECONDS),
        ("records alone", False, RECORDS_SECONDS),
    ):
        seconds, schemas, groups = json.loads(
            run(project, sys.executable, "-c", PARTS.format(compare=compare)).stdout
        )
        yield Measurement(
            f"{name} of {schemas - 1:,} tenants with {SHAPE.tables} tables each",
            seconds,
            limit,
            "s",
            detail=f"{groups} groups, {SHAPE.total} migrations each",
        )
    (whole,) = medians(migwizard(project, "tenants"))
    yield Measurement(
        f"migwizard tenants, {MANY:,} tenants, from start to end",
        whole.seconds,
        OVERVIEW_SECONDS + 1,
        "s",
        detail=str(whole),
    )
    yield Measurement(f"memory of migwizard tenants, {MANY:,} tenants", whole.megabytes, MEGABYTES, "MB")


def nothing_to_do(project: Project) -> Iterator[Measurement]:
    """The time of `migrate_schemas` with nothing to do, in those of telling so and of a run over all."""
    django, told, done = medians(
        manage(project, "migrate_schemas", "--verbosity", "0"),
        migwizard(project, "tenants"),
        migwizard(project, "repair", "migrate", "--all-schemas", "--yes"),
    )
    for name, one in (("tenants", told), ("repair migrate --all-schemas", done)):
        yield Measurement(
            f"nothing to do in {FEW} tenants: migrate_schemas / {name}",
            django.seconds / one.seconds,
            TIMES,
            "×",
            at_least=True,
            detail=f"{django} / {one}",
        )


def made(places: Places) -> Project:
    """The project, with public and one tenant migrated by django-tenants."""
    files = {**synthetic_files(SHAPE), "tenancy/models.py": MODELS}
    entry = tenants_entry(places.postgresql().create_database())
    project = write_project(places.folder / "tenants", files, entry, settings=SETTINGS)
    steps = (
        ("manage.py", "makemigrations", "tenancy"),
        ("manage.py", "migrate_schemas", "--shared", "--verbosity", "0"),
        ("-c", f"import django; django.setup()\n{FIRST}"),
    )
    for step in steps:
        run(project, sys.executable, *step)
    return project
