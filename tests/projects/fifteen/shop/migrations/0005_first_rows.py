from django.db import migrations


def add_rows(apps, schema_editor):
    alias = schema_editor.connection.alias
    category = apps.get_model("shop", "Category").objects.using(alias).create(name="Tea and coffee")
    product = apps.get_model("shop", "Product")
    for number in range(3):
        product.objects.using(alias).create(
            category=category, sku=f"T{number}", name=f"Tea {number}", price="3.50", remark="loose"
        )
    apps.get_model("shop", "Supplier").objects.using(alias).create(name="Assam & Sons", country="IN")


class Migration(migrations.Migration):
    dependencies = [("shop", "0004_supply")]

    operations = [migrations.RunPython(add_rows, migrations.RunPython.noop)]
