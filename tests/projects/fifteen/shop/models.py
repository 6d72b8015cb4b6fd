"""A little of everything that a migration can do to a table."""

import django
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .compat import check, db_default


class Category(models.Model):
    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, default="", blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["position", "name"]

    def __str__(self):
        return self.name


class Supplier(models.Model):
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2, default="DE")

    def __str__(self):
        return self.name


class Label(models.Model):
    name = models.CharField(max_length=40, unique=True)

    def __str__(self):
        return self.name


class Product(models.Model):
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    sku = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    note = models.TextField(null=True, blank=True)
    active = models.BooleanField(default=True)
    added_at = models.DateTimeField(auto_now_add=True)
    labels = models.ManyToManyField(Label, blank=True)
    suppliers = models.ManyToManyField(Supplier, through="Supply")
    stock = models.IntegerField(**db_default(0))
    if django.VERSION >= (5, 0):
        gross = models.GeneratedField(
            expression=F("price") * 2,
            output_field=models.DecimalField(max_digits=14, decimal_places=2),
            db_persist=True,
        )

    class Meta:
        indexes = [
            models.Index(fields=["name"], name="shop_product_name_idx"),
            models.Index(fields=["-added_at", "sku"], name="shop_product_newest_idx"),
            models.Index(fields=["sku"], name="shop_product_active_idx", condition=Q(active=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["category", "sku"], name="shop_product_sku_once"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(active=True), name="shop_product_active_name_once"
            ),
            models.CheckConstraint(**check(Q(price__gte=0)), name="shop_product_price_not_negative"),
        ]

    def __str__(self):
        return self.name


class Supply(models.Model):
    product = models.ForeignKey(Product, models.CASCADE)
    supplier = models.ForeignKey(Supplier, models.CASCADE)
    cost = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        verbose_name_plural = "supplies"
        unique_together = [("product", "supplier")]


class Customer(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
    email = models.EmailField(unique=True)
    born_on = models.DateField(null=True, blank=True)

    def __str__(self):
        return self.email


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.PROTECT)
    reference = models.UUIDField(null=True, blank=True)
    status = models.CharField(max_length=20, default="open", db_index=True)
    placed_at = models.DateTimeField()

    def __str__(self):
        return f"{self.pk}"


class OrderLine(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(**check(Q(quantity__gt=0)), name="shop_orderline_quantity_positive")
        ]


class Invoice(models.Model):
    order = models.OneToOneField(Order, models.PROTECT)
    number = models.CharField(max_length=20, unique=True)
    lines = models.JSONField(default=list)

    def __str__(self):
        return self.number
