from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_address")]
    operations = [
        migrations.CreateModel(
            "Team",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=20, unique=True)),
            ],
        ),
        migrations.AddField(
            "person", "team", models.ForeignKey(null=True, on_delete=models.SET_NULL, to="people.team")
        ),
    ]
