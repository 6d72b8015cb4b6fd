from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=50, unique=True)


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    number = models.IntegerField()
    note = models.CharField(max_length=100, default="")
    paid = models.BooleanField(default=False)


class Coupon(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
    code = models.CharField(max_length=20, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["order", "code"], name="coupon_order_code")]
