from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_total"), ("press", "0001_initial")]
    operations = [
        migrations.RenameModel("Order", "Purchase"),
    ]
