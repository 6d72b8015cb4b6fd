"""A project of well-known apps, as many as are installed here, and a few small ones of its own."""

import importlib.metadata
import importlib.util
import json
import os
import re
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "only for tests"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
ROOT_URLCONF = "config.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = json.loads(os.environ.get("MIGWIZARD_TEST_DATABASE") or "null") or {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}
}
POSTGRESQL = DATABASES["default"]["ENGINE"].endswith("postgresql")


def installed(distribution, at_least=(0,)):
    """Whether a distribution is here in a version that allows this Django: an app that does not is left out."""
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2]) >= at_least


def apps(distribution, *names, at_least=(0,)):
    """The apps of a distribution that exist in the installed version."""
    if not installed(distribution, at_least):
        return []
    return [name for name in names if importlib.util.find_spec(name)]


INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "django.contrib.redirects",
    "django.contrib.humanize",
    *(["django.contrib.postgres"] if POSTGRESQL else []),
    *apps(
        "wagtail",
        "wagtail.contrib.forms",
        "wagtail.contrib.redirects",
        "wagtail.contrib.search_promotions",
        "wagtail.contrib.settings",
        "wagtail.contrib.simple_translation",
        "wagtail.contrib.table_block",
        "wagtail.contrib.typed_table_block",
        "wagtail.contrib.routable_page",
        "wagtail.contrib.sitemaps",
        "wagtail.embeds",
        "wagtail.sites",
        "wagtail.users",
        "wagtail.snippets",
        "wagtail.documents",
        "wagtail.images",
        "wagtail.search",
        "wagtail.admin",
        "wagtail.locales",
        "wagtail",
        at_least=(6, 0),
    ),
    *apps("modelsearch", "modelsearch"),
    *apps("django-modelcluster", "modelcluster"),
    *apps("laces", "laces"),
    *apps("django-taggit", "taggit"),
    *apps("django-oauth-toolkit", "oauth2_provider", at_least=(2, 0)),
    *apps("django-celery-beat", "django_celery_beat", at_least=(2, 5)),
    *apps("django-celery-results", "django_celery_results"),
    *apps(
        "django-allauth",
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.mfa",
        "allauth.usersessions",
        at_least=(65, 0),
    ),
    *apps("easy-thumbnails", "easy_thumbnails"),
    *apps("django-filer", "filer", at_least=(3, 0)),
    *apps("django-polymorphic", "polymorphic"),
    *apps("django-guardian", "guardian"),
    *apps("django-simple-history", "simple_history", "archive"),
    *apps("django-axes", "axes"),
    *apps("django-reversion", "reversion"),
    *apps("django-waffle", "waffle"),
    *apps("djangorestframework", "rest_framework", "rest_framework.authtoken"),
    *apps("django-constance", "constance", at_least=(3, 0)),
    *apps("django-auditlog", "auditlog", at_least=(3, 0)),
    *apps(
        "django-otp",
        "django_otp",
        "django_otp.plugins.otp_totp",
        "django_otp.plugins.otp_static",
        "django_otp.plugins.otp_hotp",
        "django_otp.plugins.otp_email",
    ),
    *apps("django-silk", "silk"),
    *apps("social-auth-app-django", "social_django"),
    *apps("django-q2", "django_q"),
    "shop",
    *(["pgshop"] if POSTGRESQL else []),
]


def middleware(app, path):
    return [path] if app in INSTALLED_APPS else []


MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    *middleware("allauth.account", "allauth.account.middleware.AccountMiddleware"),
    *middleware("django_otp", "django_otp.middleware.OTPMiddleware"),
    *middleware("simple_history", "simple_history.middleware.HistoryRequestMiddleware"),
    *middleware("axes", "axes.middleware.AxesMiddleware"),
]
AUTHENTICATION_BACKENDS = [
    *middleware("axes", "axes.backends.AxesStandaloneBackend"),
    "django.contrib.auth.backends.ModelBackend",
    *middleware("allauth.account", "allauth.account.auth_backends.AuthenticationBackend"),
    *middleware("guardian", "guardian.backends.ObjectPermissionBackend"),
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

SITE_ID = 1
WAGTAIL_SITE_NAME = "fifteen"
WAGTAILADMIN_BASE_URL = "http://localhost"
CONSTANCE_BACKEND = "constance.backends.database.DatabaseBackend"
CONSTANCE_CONFIG = {"GREETING": ("hello", "what the page says")}
SOCIAL_AUTH_JSONFIELD_ENABLED = True
Q_CLUSTER = {"name": "fifteen", "orm": "default", "timeout": 60, "retry": 120}
THUMBNAIL_HIGH_RESOLUTION = True
