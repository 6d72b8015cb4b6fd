"""Tenants of two types, and a public schema of another name."""

import json
import os

SECRET_KEY = "test"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "config.urls"
AUTH_USER_MODEL = "people.Person"

HAS_MULTI_TYPE_TENANTS = True
MULTI_TYPE_DATABASE_FIELD = "type"
PUBLIC_SCHEMA_NAME = "common"
TENANT_TYPES = {
    "common": {
        "APPS": [
            "django_tenants",
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "tenancy",
            "people.apps.PeopleConfig",
        ],
        "URLCONF": "config.urls",
    },
    "shop": {"APPS": ["django.contrib.contenttypes", "shop"], "URLCONF": "config.urls"},
    "clinic": {"APPS": ["django.contrib.contenttypes", "clinic", "django.contrib.admin"], "URLCONF": "config.urls"},
}
INSTALLED_APPS = []
for _type in TENANT_TYPES.values():
    INSTALLED_APPS += [app for app in _type["APPS"] if app not in INSTALLED_APPS]

TENANT_MODEL = "tenancy.Client"
TENANT_DOMAIN_MODEL = "tenancy.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DATABASES = json.loads(os.environ["MIGWIZARD_TEST_DATABASE"])
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
SILENCED_SYSTEM_CHECKS = ["admin.E403", "admin.E406"]
