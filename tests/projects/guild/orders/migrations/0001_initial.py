from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("places", "0001_initial")]
    operations = [
        migrations.CreateModel(
            "Order",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.ForeignKey(on_delete=models.CASCADE, to="places.place")),
            ],
        ),
    ]
