from django.db import migrations, models


def fill(apps, editor):
    apps.get_model("orders", "Order").objects.using(editor.connection.alias).update(total=models.F("id"))


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.AddField("order", "total", models.IntegerField(default=0)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            "order", models.UniqueConstraint(fields=["place", "total"], name="order_once")
        ),
    ]
