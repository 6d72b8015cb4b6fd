from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0008_constraints")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX shop_supplier_country ON shop_supplier (country)",
            "DROP INDEX shop_supplier_country",
        ),
        migrations.RunSQL(
            "CREATE VIEW shop_foreign_supplier AS SELECT id, name FROM shop_supplier WHERE country <> 'DE'",
            "DROP VIEW shop_foreign_supplier",
        ),
    ]
