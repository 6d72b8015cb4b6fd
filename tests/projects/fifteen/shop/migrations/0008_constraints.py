from django.db import migrations, models

from shop.compat import check


class Migration(migrations.Migration):
    dependencies = [("shop", "0007_indexes")]

    operations = [
        migrations.AddConstraint(
            "product", models.UniqueConstraint(fields=["category", "sku"], name="shop_product_sku_once")
        ),
        migrations.AddConstraint(
            "product",
            models.UniqueConstraint(
                condition=models.Q(active=True), fields=["name"], name="shop_product_active_name_once"
            ),
        ),
        migrations.AddConstraint(
            "product",
            models.CheckConstraint(**check(models.Q(price__gte=0)), name="shop_product_price_not_negative"),
        ),
        migrations.AddConstraint(
            "orderline",
            models.CheckConstraint(
                **check(models.Q(quantity__gt=0)), name="shop_orderline_quantity_positive"
            ),
        ),
    ]
