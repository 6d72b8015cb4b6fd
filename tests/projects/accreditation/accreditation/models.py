from django.conf import settings
from django.db import models


class Programme(models.Model):
    name = models.CharField(max_length=100)
    country = models.ForeignKey("core.Country", on_delete=models.PROTECT)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
