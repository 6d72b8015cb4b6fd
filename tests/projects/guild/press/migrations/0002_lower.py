from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("press", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX press_lower ON press_article (lower(title))", "DROP INDEX IF EXISTS press_lower"
        ),
        migrations.AlterModelOptions("article", {"ordering": ["title"]}),
    ]
