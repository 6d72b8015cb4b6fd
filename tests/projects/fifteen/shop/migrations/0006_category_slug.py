from django.db import migrations, models
from django.utils.text import slugify


def fill_slugs(apps, schema_editor):
    for category in apps.get_model("shop", "Category").objects.using(schema_editor.connection.alias).all():
        category.slug = slugify(category.name)
        category.save(update_fields=["slug"])


class Migration(migrations.Migration):
    # The rows changed here have deferred foreign keys, and the next migration alters the same tables.
    dependencies = [("shop", "0005_first_rows")]

    operations = [
        migrations.AddField("category", "slug", models.SlugField(blank=True, default="", max_length=80)),
        migrations.RunPython(fill_slugs, migrations.RunPython.noop),
    ]
