from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_order_note")]

    operations = [
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.UniqueConstraint(fields=("order", "product"), name="order_line_once"),
        ),
    ]
