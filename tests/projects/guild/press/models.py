from django.db import models


class Article(models.Model):
    about = models.ForeignKey("orders.Purchase", models.CASCADE)
    team = models.ForeignKey("people.Team", models.CASCADE)
    title = models.CharField(max_length=120, null=True)

    class Meta:
        ordering = ["title"]
