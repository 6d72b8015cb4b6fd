from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("places", "0001_initial")]
    operations = [
        migrations.AddField("place", "size", models.IntegerField(null=True)),
        migrations.AddIndex("place", models.Index(fields=["size"], name="place_size")),
    ]
