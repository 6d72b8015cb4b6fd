from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("people", "0002_address")]
    operations = [
        migrations.CreateModel(
            "Place",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("owner", models.ForeignKey(on_delete=models.CASCADE, to="people.person")),
            ],
        ),
    ]
