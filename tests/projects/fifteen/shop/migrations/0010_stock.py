from django.db import migrations, models

from shop.compat import db_default


class Migration(migrations.Migration):
    dependencies = [("shop", "0009_country_by_sql")]

    operations = [migrations.AddField("product", "stock", models.IntegerField(**db_default(0)))]
