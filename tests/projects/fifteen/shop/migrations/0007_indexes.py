from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0006_category_slug")]

    operations = [
        migrations.AddIndex("product", models.Index(fields=["name"], name="shop_product_name_idx")),
        migrations.AddIndex("product", models.Index(fields=["-added_at", "sku"], name="shop_product_newest")),
        migrations.AddIndex(
            "product",
            models.Index(condition=models.Q(active=True), fields=["sku"], name="shop_product_active_idx"),
        ),
        migrations.RenameIndex("product", old_name="shop_product_newest", new_name="shop_product_newest_idx"),
    ]
