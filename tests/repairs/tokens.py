"""Two packages that are installed beside a project, whose migrations have all that makes a squash hard."""

from __future__ import annotations

from pathlib import Path

from tests.projects import Project, write_project

TOKENS = {
    "__init__.py": "",
    "apps.py": """
        from django.apps import AppConfig

        class TokensConfig(AppConfig):
            name = "tokens"
            default_auto_field = "django.db.models.BigAutoField"
    """,
    "names.py": "def default_name():\n    return 'nobody'\n",
    "models.py": """
        from django.db import models

        from .names import default_name

        class Token(models.Model):
            key = models.CharField(max_length=64, default=default_name)
            code = models.CharField(max_length=20, null=True, unique=True)
            holder = models.ForeignKey("holders.Holder", models.CASCADE, null=True, related_name="+")
            title = models.CharField(max_length=40, blank=True)

            class Meta:
                indexes = [models.Index(fields=["key"], name="tokens_key")]
                unique_together = [("key", "title")]

        class Kind(models.Model):
            name = models.CharField(max_length=20)
    """,
    "migrations/__init__.py": "",
    "migrations/0001_initial.py": """
        from django.db import migrations, models

        from ..names import default_name

        class Migration(migrations.Migration):
            initial = True
            dependencies = []
            operations = [
                migrations.CreateModel(
                    "Token",
                    [
                        ("id", models.AutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        )),
                        ("key", models.CharField(max_length=32, default=default_name)),
                        ("name", models.CharField(max_length=40, blank=True)),
                    ],
                ),
            ]
    """,
    "migrations/0002_code.py": """
        from django.db import migrations, models

        def lower(apps, schema_editor):
            Token = apps.get_model("tokens", "Token")
            for token in Token.objects.using(schema_editor.connection.alias).all():
                token.key = token.key.lower()
                token.save()

        class Migration(migrations.Migration):
            dependencies = [("tokens", "0001_initial"), ("holders", "0001_initial")]
            operations = [
                migrations.AlterField(
                    "token", "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                migrations.AddField("token", "code", models.CharField(max_length=20, null=True, unique=True)),
                migrations.AddField(
                    "token", "holder", models.ForeignKey("holders.Holder", models.CASCADE, null=True, related_name="+")
                ),
                migrations.RunPython(lower, migrations.RunPython.noop),
                migrations.AlterField("token", "key", models.CharField(max_length=64, default="nobody")),
            ]
    """,
    "migrations/0003_title.py": """
        from django.db import migrations, models

        import tokens.names

        class Migration(migrations.Migration):
            dependencies = [("tokens", "0002_code")]
            operations = [
                migrations.RenameField("token", "name", "title"),
                migrations.AlterField(
                    "token", "key", models.CharField(max_length=64, default=tokens.names.default_name)
                ),
                migrations.AddIndex("token", models.Index(fields=["key"], name="tokens_key")),
                migrations.AlterUniqueTogether("token", {("key", "title")}),
                migrations.CreateModel(
                    "Kind",
                    [
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=20)),
                    ],
                ),
            ]
    """,
}

KINDS = """
    from django.db import migrations, models

    from . import _helpers

    def kinds(apps, schema_editor):
        Kind = apps.get_model("tokens", "Kind")
        for name in _helpers.NAMES:
            Kind.objects.using(schema_editor.connection.alias).create(name=name)

    class Migration(migrations.Migration):
        dependencies = [("tokens", "0003_title")]
        operations = [
            migrations.RunPython(kinds, lambda apps, schema_editor: None),
            migrations.RunSQL("CREATE INDEX tokens_kind_name ON tokens_kind (name)", "DROP INDEX tokens_kind_name"),
        ]
"""
"""A migration that makes rows, with a function that cannot be written anywhere else."""

HOLDERS = {
    "__init__.py": "",
    "models.py": """
        from django.db import models

        class Holder(models.Model):
            id = models.BigAutoField(primary_key=True, serialize=False)
            last = models.ForeignKey("tokens.Token", models.CASCADE, null=True, related_name="+")
    """,
    "migrations/__init__.py": "",
    "migrations/0001_initial.py": """
        from django.db import migrations, models

        class Migration(migrations.Migration):
            initial = True
            dependencies = [("tokens", "0001_initial")]
            operations = [
                migrations.CreateModel(
                    "Holder",
                    [
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("last", models.ForeignKey("tokens.Token", models.CASCADE, null=True, related_name="+")),
                    ],
                ),
            ]
    """,
}

NEWER = {
    "tokens/models.py": TOKENS["models.py"].replace(
        "            title =",
        '            note = models.TextField(blank=True, default="")\n            title =',
    ),
    "tokens/migrations/0004_note.py": """
        from django.db import migrations, models

        from ..names import default_name

        class Migration(migrations.Migration):
            dependencies = [("tokens", "0003_title")]
            operations = [migrations.AddField("token", "note", models.TextField(blank=True, default=""))]
    """,
}
"""What the next version of the package has."""
NEWER["tokens/models.py"] = NEWER["tokens/models.py"].replace(
    "TextField(blank=True)", 'TextField(blank=True, default="")'
)


def install(root: Path, files: dict[str, str], version: str = "1.2") -> None:
    """Write files of packages that are installed beside the project in `root`, in this version."""
    library = Project(root.parent / "site-packages")
    library.root.mkdir(exist_ok=True)
    for folder in library.root.glob("*.dist-info"):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    about = f"django_tokens-{version}.dist-info"
    library.write(
        {
            **files,
            f"{about}/METADATA": f"Metadata-Version: 2.1\nName: django-tokens\nVersion: {version}\n",
            f"{about}/top_level.txt": "tokens\nholders\n",
        }
    )


def tokens_project(root: Path, database, more: dict[str, str] | None = None, settings: str = "") -> Project:
    """A project in which both packages are installed; `more` are files of them."""
    files = {f"tokens/{name}": text for name, text in TOKENS.items()}
    files |= {f"holders/{name}": text for name, text in HOLDERS.items()}
    install(root, files | (more or {}))
    there = 'import sys\n\nsys.path.append(str(BASE_DIR.parent / "site-packages"))\n'
    return write_project(root, {}, database, apps=["tokens", "holders"], settings=there + settings)
