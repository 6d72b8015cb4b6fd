"""What Django has renamed or not had yet."""

import django


def check(condition):
    """The keyword of CheckConstraint: `check` became `condition` in Django 5.1, and went in 6.0."""
    return {"condition" if django.VERSION >= (5, 1) else "check": condition}


def db_default(value):
    """A default in the database, from Django 5.0 on; before that, an ordinary default."""
    return {"db_default" if django.VERSION >= (5, 0) else "default": value}
