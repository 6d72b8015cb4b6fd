import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_labels")]

    operations = [
        migrations.CreateModel(
            name="Supply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cost", models.DecimalField(decimal_places=2, max_digits=8)),
                (
                    "product",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="shop.product"),
                ),
                (
                    "supplier",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="shop.supplier"),
                ),
            ],
            options={"verbose_name_plural": "supplies"},
        ),
        migrations.AddField(
            "product", "suppliers", models.ManyToManyField(through="shop.Supply", to="shop.supplier")
        ),
        migrations.AlterUniqueTogether("supply", {("product", "supplier")}),
    ]
