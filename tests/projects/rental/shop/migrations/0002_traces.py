from django.db import migrations, models


def fill(apps, schema_editor):
    apps.get_model("shop", "Order").objects.filter(note="").update(note="-")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    operations = [
        migrations.AddField("order", "mark", models.CharField(max_length=5, default="")),
        migrations.RunSQL(
            "ALTER TABLE shop_order ADD COLUMN seen timestamptz DEFAULT now();"
            "CREATE SEQUENCE shop_numbers; ALTER TABLE shop_order ADD COLUMN number int DEFAULT nextval('shop_numbers')",
            "ALTER TABLE shop_order DROP COLUMN seen, DROP COLUMN number; DROP SEQUENCE shop_numbers",
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(
            "CREATE TABLE shop_archive (id bigint PRIMARY KEY, of_order bigint REFERENCES shop_order (id))",
            "DROP TABLE shop_archive",
        ),
    ]
