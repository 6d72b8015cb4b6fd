from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_customer_order")]

    operations = [
        migrations.CreateModel(
            name="Label",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True)),
            ],
        ),
        migrations.AddField("product", "labels", models.ManyToManyField(blank=True, to="shop.label")),
    ]
