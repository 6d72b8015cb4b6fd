from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0010_stock")]

    operations = [
        migrations.RenameField("product", "remark", "note"),
        migrations.AlterField("product", "note", models.TextField(blank=True, null=True)),
        migrations.AlterField("product", "price", models.DecimalField(decimal_places=2, max_digits=10)),
    ]
