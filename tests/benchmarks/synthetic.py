"""Projects of any size: histories as real ones are, and databases that are exactly where their records say.

The database is not migrated, which would take hours at 5,000 migrations: Django makes the tables from the models, and
every migration is recorded. The histories only do what leaves the same schema either way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.projects import Project, write_project

ID = "models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')"

MAKE_DATABASE = """
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    loader = MigrationLoader(None)
    keys = dict.fromkeys(key for leaf in loader.graph.leaf_nodes() for key in loader.graph.forwards_plan(leaf))
    settings.MIGRATION_MODULES = {config.label: None for config in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    recorder.migration_qs.bulk_create([recorder.Migration(app=app, name=name) for app, name in keys])
"""


@dataclass(frozen=True)
class Shape:
    """How large a project is: its apps, and how many migrations and models each of them has."""

    apps: int
    migrations: int
    models: int

    @property
    def total(self) -> int:
        """The number of migrations of the whole project."""
        return self.apps * self.migrations

    @property
    def tables(self) -> int:
        """The number of tables of the whole project, those of M2M fields included."""
        return self.apps * (self.models + len(range(1, self.models, 4)))


@dataclass
class _Model:
    """A model while its history is written: the fields and options that it has so far, as source."""

    name: str
    fields: dict[str, str]
    indexes: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    title_length: int = 80
    plural: str = ""

    def source(self) -> str:
        """The class as it stands in models.py."""
        lines = [f"class {self.name}(models.Model):"]
        lines += [f"    {name} = {source}" for name, source in self.fields.items()]
        lines += ["", "    class Meta:", f"        indexes = [{', '.join(self.indexes)}]"]
        lines += [f"        constraints = [{', '.join(self.constraints)}]"]
        if self.plural:
            lines += [f"        verbose_name_plural = {self.plural!r}"]
        return "\n".join(lines)


@dataclass
class _App:
    """One app while its migrations are written, one after the other."""

    number: int
    shape: Shape
    models: list[_Model] = field(default_factory=list)
    migrations: dict[str, str] = field(default_factory=dict)
    last: str = ""

    @property
    def label(self) -> str:
        return f"app{self.number:03}"

    @property
    def before(self) -> str:
        """The label of the app that this one refers to; the first refers to itself."""
        return f"app{max(self.number - 1, 0):03}"

    def write(self) -> None:
        """Write the whole history."""
        for number in range(self.shape.migrations):
            if number * self.shape.models // self.shape.migrations >= len(self.models) or not self.models:
                self._create_model(number)
            else:
                self._change_model(number)

    def _create_model(self, number: int) -> None:
        index = len(self.models)
        target = f"{self.label}.Thing{index - 1}" if index else f"{self.before}.Thing0"
        fields = {
            "title": "models.CharField(max_length=80)",
            "code": "models.CharField(max_length=20, unique=True)",
            "amount": "models.DecimalField(max_digits=10, decimal_places=2, default=0)",
            "active": "models.BooleanField(default=True)",
            "created": "models.DateTimeField(auto_now_add=True, db_index=True)",
            "parent": f"models.ForeignKey('{target}', null=True, on_delete=models.CASCADE, related_name='+')",
        }
        if index % 4 == 1:
            fields["others"] = f"models.ManyToManyField('{self.label}.Thing0', related_name='+')"
        self.models.append(_Model(f"Thing{index}", fields))
        listed = "\n".join(f"                ('{name}', {source})," for name, source in fields.items())
        operation = (
            f"migrations.CreateModel(\n            name='Thing{index}',\n            fields=[\n"
            f"                ('id', {ID}),\n{listed}\n            ],\n        )"
        )
        abroad = [(self.before, "0001_initial")] if index == 0 and self.number else []
        self._write(number, "initial" if number == 0 else f"thing{index}", [operation], abroad)

    def _change_model(self, number: int) -> None:
        model = self.models[number % len(self.models)]
        name = f"field{number}"
        kinds = (self._label, self._price, self._widen, self._rank, self._rows, self._reference)
        kinds[number % len(kinds)](number, model, name)

    def _label(self, number: int, model: _Model, name: str) -> None:
        index = f"models.Index(fields=['{name}', 'created'], name='{self.label}_{name}_ix')"
        model.indexes.append(index)
        added = self._add(model, name, "models.CharField(max_length=40, blank=True, default='')")
        self._write(number, name, [added, f"migrations.AddIndex('{model.name}', {index})"])

    def _price(self, number: int, model: _Model, name: str) -> None:
        source = "models.DecimalField(max_digits=8, decimal_places=2, null=True)"
        self._write(number, name, [self._add(model, name, source)])

    def _widen(self, number: int, model: _Model, name: str) -> None:
        model.title_length += 10
        model.plural = f"things of {name}"
        title = model.fields["title"] = f"models.CharField(max_length={model.title_length})"
        operations = [
            f"migrations.AlterField('{model.name}', 'title', {title})",
            f"migrations.AlterModelOptions('{model.name}', {{'verbose_name_plural': {model.plural!r}}})",
        ]
        self._write(number, f"title_{number}", operations)

    def _rank(self, number: int, model: _Model, name: str) -> None:
        constraint = f"models.UniqueConstraint(fields=['{name}', 'code'], name='{self.label}_{name}_uq')"
        model.constraints.append(constraint)
        operations = [
            self._add(model, name, "models.IntegerField(default=0)"),
            self._add(model, f"{name}_shown", "models.BooleanField(default=False)"),
            f"migrations.AddConstraint('{model.name}', {constraint})",
        ]
        self._write(number, name, operations)

    def _rows(self, number: int, model: _Model, name: str) -> None:
        function = (
            f"def forwards(apps, schema_editor):\n"
            f"    model = apps.get_model('{self.label}', '{model.name}')\n"
            f"    rows = model.objects.using(schema_editor.connection.alias)\n"
            f"    rows.filter(title='').update(active=False)\n\n\n"
        )
        operation = "migrations.RunPython(forwards, migrations.RunPython.noop)"
        self._write(number, f"rows_{number}", [operation], code=function)

    def _reference(self, number: int, model: _Model, name: str) -> None:
        source = f"models.ForeignKey('{self.before}.Thing0', null=True, on_delete=models.SET_NULL, related_name='+')"
        self._write(number, name, [self._add(model, name, source)])

    def _add(self, model: _Model, name: str, source: str) -> str:
        model.fields[name] = source
        return f"migrations.AddField('{model.name}', '{name}', {source})"

    def _write(
        self,
        number: int,
        name: str,
        operations: list[str],
        abroad: Sequence[tuple[str, str]] = (),
        code: str = "",
    ) -> None:
        dependencies = [*([(self.label, self.last)] if self.last else []), *abroad]
        self.last = f"{number + 1:04}_{name}"
        body = "".join(f"        {operation},\n" for operation in operations)
        self.migrations[self.last] = (
            f"from django.db import migrations, models\n\n\n{code}class Migration(migrations.Migration):\n"
            f"    initial = {number == 0}\n\n    dependencies = {dependencies}\n\n    operations = [\n{body}    ]\n"
        )

    def files(self) -> dict[str, str]:
        """The app's files by path."""
        classes = "\n\n\n".join(model.source() for model in self.models)
        return {
            f"{self.label}/models.py": f"from django.db import models\n\n\n{classes}\n",
            **{f"{self.label}/migrations/{name}.py": text for name, text in self.migrations.items()},
        }


def synthetic_files(shape: Shape) -> dict[str, str | bytes]:
    """The files of all apps of a project of this shape, by path."""
    files: dict[str, str | bytes] = {}
    for number in range(shape.apps):
        app = _App(number, shape)
        app.write()
        files |= app.files()
    return files


def write_synthetic(root: Path, shape: Shape, database: Mapping[str, Any] | None = None) -> Project:
    """Write a project of this shape; its database (a file of SQLite by default) stays as it is."""
    return write_project(root, synthetic_files(shape), database)


def make_database(project: Project) -> None:
    """Make the tables of a project in its empty database, and record every migration."""
    outcome = project.python(MAKE_DATABASE, timeout=1200)
    if outcome.code:
        raise RuntimeError(outcome.stderr)


def synthetic_project(root: Path, shape: Shape, database: Mapping[str, Any] | None = None) -> Project:
    """Write a project of this shape, with a database in which everything is applied and recorded."""
    project = write_synthetic(root, shape, database)
    make_database(project)
    return project
