from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_paid")]
    operations = [
        migrations.CreateModel(
            "Coupon",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(db_index=True, max_length=20)),
                ("order", models.ForeignKey(on_delete=models.CASCADE, to="shop.order")),
            ],
        ),
        migrations.AddIndex("coupon", models.Index(fields=["order", "code"], name="coupon_order_code")),
    ]
