from django.conf import settings
from django.db import models


class Patient(models.Model):
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    relatives = models.ManyToManyField("self")
