from django.db import models


class Place(models.Model):
    owner = models.ForeignKey("people.Person", models.CASCADE)
    size = models.IntegerField(null=True)
    visitors = models.ManyToManyField("people.Person", related_name="visited")

    class Meta:
        indexes = [models.Index(fields=["size"], name="place_size")]
