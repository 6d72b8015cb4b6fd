from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0003_team")]
    operations = [
        migrations.RenameField("person", "name", "full_name"),
        migrations.AlterField("person", "full_name", models.CharField(db_index=True, max_length=80)),
    ]
