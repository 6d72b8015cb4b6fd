from django.db import models


class Checklist(models.Model):
    documents = models.ManyToManyField("documents.Document")
