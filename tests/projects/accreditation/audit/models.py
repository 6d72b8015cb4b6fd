from django.contrib.contenttypes.models import ContentType
from django.db import models


class Entry(models.Model):
    kind = models.ForeignKey(ContentType, on_delete=models.CASCADE)
