from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_note")]
    operations = [migrations.AddField("order", "paid", models.BooleanField(default=False))]
