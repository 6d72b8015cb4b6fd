from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    about = models.ForeignKey(ContentType, on_delete=models.CASCADE, null=True)
    amount = models.PositiveIntegerField(default=1)
    mark = models.CharField(max_length=5, default="")
    note = models.TextField(db_index=True, default="")

    class Meta:
        indexes = [models.Index(models.functions.Lower("note"), name="shop_order_lower")]


class Stock(models.Model):
    label = models.CharField(max_length=20)

    class Meta:
        managed = False
        db_table = "warehouse_stock"
