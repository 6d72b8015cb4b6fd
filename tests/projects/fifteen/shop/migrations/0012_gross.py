import django
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0011_note")]

    operations = []

    if django.VERSION >= (5, 0):
        operations.append(
            migrations.AddField(
                "product",
                "gross",
                models.GeneratedField(
                    db_persist=True,
                    expression=models.F("price") * 2,
                    output_field=models.DecimalField(decimal_places=2, max_digits=14),
                ),
            )
        )
