from django.db import models


class Team(models.Model):
    name = models.CharField(max_length=20, unique=True)


class Person(models.Model):
    full_name = models.CharField(max_length=80, db_index=True)
    address = models.CharField(max_length=90, default="")
    team = models.ForeignKey(Team, models.SET_NULL, null=True)
