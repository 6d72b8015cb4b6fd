from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("orders", "0001_initial"), ("people", "0003_team")]
    operations = [
        migrations.CreateModel(
            "Article",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("about", models.ForeignKey(on_delete=models.CASCADE, to="orders.order")),
                ("team", models.ForeignKey(on_delete=models.CASCADE, to="people.team")),
                ("title", models.CharField(max_length=40)),
            ],
        ),
    ]
