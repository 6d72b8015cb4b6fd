from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("press", "0002_lower")]
    operations = [
        migrations.AlterField("article", "title", models.CharField(max_length=120, null=True)),
    ]
