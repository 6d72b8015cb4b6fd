from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Client(TenantMixin):
    type = models.CharField(max_length=20, db_column="kind")


class Domain(DomainMixin):
    pass
