"""What only PostgreSQL has."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, IntegerRangeField, RangeOperators
from django.contrib.postgres.indexes import BrinIndex, GinIndex, GistIndex, HashIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Lower


class Offer(models.Model):
    title = models.CharField(max_length=100)
    words = ArrayField(models.CharField(max_length=20), default=list, size=10)
    grid = ArrayField(ArrayField(models.IntegerField()), null=True)
    valid = DateRangeField(null=True)
    amount = IntegerRangeField(null=True)
    extra = models.JSONField(default=dict)
    search = SearchVectorField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="pgshop_offer_words_gin"),
            GinIndex(fields=["extra"], name="pgshop_offer_extra_gin", opclasses=["jsonb_path_ops"]),
            GinIndex(fields=["search"], name="pgshop_offer_search_gin"),
            GistIndex(fields=["amount"], name="pgshop_offer_amount_gist"),
            BrinIndex(fields=["made_at"], name="pgshop_offer_made_brin", pages_per_range=32),
            HashIndex(fields=["title"], name="pgshop_offer_title_hash"),
            models.Index(Lower("title"), "made_at", name="pgshop_offer_lower_idx"),
            models.Index(fields=["title"], include=["made_at"], name="pgshop_offer_include_idx"),
        ]
        constraints = [
            ExclusionConstraint(
                name="pgshop_offer_no_overlap", expressions=[("valid", RangeOperators.OVERLAPS)]
            ),
            models.UniqueConstraint(
                fields=["title"], name="pgshop_offer_title_once", deferrable=models.Deferrable.DEFERRED
            ),
        ]
