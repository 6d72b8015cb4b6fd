"""Settings of an online shop that exists to be repaired."""

import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

# What pip would install into a virtual environment.
sys.path.append(str(BASE_DIR / "site-packages"))

SECRET_KEY = "for practice only"
DEBUG = True

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "customers",
    "shop",
    "labels",
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
    }
}

USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIGRATION_MODULES = {
    "labels": "config.migration_overrides.labels",
}
