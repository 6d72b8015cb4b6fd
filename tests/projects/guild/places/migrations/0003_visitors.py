from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("places", "0002_size")]
    operations = [
        migrations.AddField(
            "place", "visitors", models.ManyToManyField(related_name="visited", to="people.person")
        ),
    ]
