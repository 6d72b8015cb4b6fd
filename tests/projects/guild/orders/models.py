from django.db import models


class Purchase(models.Model):
    place = models.ForeignKey("places.Place", models.CASCADE)
    total = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "total"], name="order_once")]
