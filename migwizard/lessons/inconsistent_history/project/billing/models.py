from django.db import models


class Invoice(models.Model):
    order = models.OneToOneField("shop.Order", on_delete=models.PROTECT, related_name="invoice")
    number = models.CharField(max_length=20, unique=True)
    issued = models.DateField()
    total = models.DecimalField(max_digits=10, decimal_places=2)

    def __str__(self):
        return self.number


class Payment(models.Model):
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    received = models.DateField()
    amount = models.DecimalField(max_digits=10, decimal_places=2)
