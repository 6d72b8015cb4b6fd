from django.db import models


class Invoice(models.Model):
    order = models.ForeignKey("shop.Order", models.CASCADE)
    total = models.DecimalField(max_digits=8, decimal_places=2, default=0)
