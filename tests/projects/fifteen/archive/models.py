"""Models whose history django-simple-history keeps."""

from django.db import models
from simple_history.models import HistoricalRecords


class Document(models.Model):
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    archived = models.BooleanField(default=False)
    history = HistoricalRecords()

    def __str__(self):
        return self.title


class Shelf(models.Model):
    name = models.CharField(max_length=50, unique=True)
    documents = models.ManyToManyField(Document, blank=True)
    history = HistoricalRecords()

    def __str__(self):
        return self.name
