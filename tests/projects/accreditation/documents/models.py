from django.db import models


class Document(models.Model):
    programme = models.ForeignKey("accreditation.Programme", on_delete=models.CASCADE)
    title = models.CharField(max_length=200)
