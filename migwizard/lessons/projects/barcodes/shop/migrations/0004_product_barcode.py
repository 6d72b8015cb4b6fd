from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_order_note")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="barcode",
            field=models.CharField(max_length=13, null=True, unique=True),
        ),
    ]
