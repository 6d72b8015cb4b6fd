"""Rows for a migrated database of this project, beside those that its migrations make."""

from datetime import date, datetime, timezone

from django.contrib.auth import get_user_model
from shop.models import Customer, Invoice, Label, Order, OrderLine, Product, Supplier, Supply

users = [get_user_model().objects.create(username=name) for name in ("ada", "grace")]
ada, grace = (
    Customer.objects.create(user=user, email=f"{user.username}@example.com", born_on=date(1985, 12, 9 + user.pk))
    for user in users
)
products = list(Product.objects.order_by("id"))
for number, customer in enumerate((ada, ada, grace)):
    order = Order.objects.create(customer=customer, placed_at=datetime(2026, 3, number + 1, tzinfo=timezone.utc))
    OrderLine.objects.create(order=order, product=products[number], quantity=number + 1)
    if number:
        Invoice.objects.create(order=order, number=f"R{number}", lines=[1, 2])
products[0].labels.add(Label.objects.create(name="new"))
Supply.objects.create(product=products[0], supplier=Supplier.objects.get(), cost="1.10")
