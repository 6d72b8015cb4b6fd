"""Lists of apps are edited where they are written down plainly, and left alone where they are not."""

from __future__ import annotations

import pytest

from migwizard.core.sources.source_text import CannotEdit
from migwizard.core.sources.text_file import TextFile
from migwizard.core.tenants.app_lists import file_of, listed_apps, path_of, with_apps, without_app

PLAIN = """SHARED_APPS = [
    'django_tenants',  # the first
    'tenants',
]
TENANT_APPS = ('users', 'records')
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]
"""
TYPES = """SHOP = ["shop"]
TENANT_TYPES = {
    "public": {"APPS": ["django_tenants", "tenants"], "URLCONF": "urls"},
    'shop "2"': {"APPS": SHOP},
    "blog": {"APPS": ["blog"] + SHOP},
}
"""


def test_entries_come_last_in_the_manner_of_the_others_and_nothing_else_changes():
    assert with_apps(PLAIN, "SHARED_APPS", ("users", "tenants", "teams")) == PLAIN.replace(
        "    'tenants',\n", "    'tenants',\n    'users',\n    'teams',\n"
    )
    assert with_apps(PLAIN, "TENANT_APPS", ("teams",)) == PLAIN.replace(
        "('users', 'records')", "('users', 'records', 'teams')"
    )


def test_an_entry_is_taken_out_and_a_tuple_stays_one():
    assert without_app(PLAIN, "SHARED_APPS", "tenants") == PLAIN.replace("    'tenants',\n", "")
    assert "TENANT_APPS = ('records',)\n" in without_app(PLAIN, "TENANT_APPS", "users")


def test_a_list_inside_of_types_is_found_by_its_keys_or_through_a_name():
    assert path_of("TENANT_TYPES['public']['APPS']") == ("TENANT_TYPES", "public", "APPS")
    assert '["django_tenants", "tenants", "users"]' in with_apps(
        TYPES, "TENANT_TYPES['public']['APPS']", ("users",)
    )
    setting = """TENANT_TYPES['shop "2"']['APPS']"""
    assert 'SHOP = ["shop", "users"]' in with_apps(TYPES, setting, ("users",))
    assert listed_apps(TYPES, setting) == ("shop",)
    assert '{"APPS": ["django_tenants"], "URLCONF"' in without_app(
        TYPES, "TENANT_TYPES['public']['APPS']", "tenants"
    )


@pytest.mark.parametrize(
    ("source", "setting", "reason"),
    [
        (
            TYPES,
            "TENANT_TYPES['blog']['APPS']",
            "does not write TENANT_TYPES['blog']['APPS'] down as a literal",
        ),
        (
            TYPES,
            "TENANT_TYPES['none']['APPS']",
            "does not write TENANT_TYPES['none']['APPS'] down as a literal",
        ),
        ("SHARED_APPS = COMMON + ['users']\n", "SHARED_APPS", "does not write SHARED_APPS down as a literal"),
        ("SHARED_APPS = {'a': 1}\n", "SHARED_APPS", "does not make a list of SHARED_APPS"),
        ("SHARED_APPS = ['a']\nSHARED_APPS += ['b']\n", "SHARED_APPS", "more than one place (lines 1, 2)"),
    ],
)
def test_what_code_makes_is_left_alone(source, setting, reason):
    with pytest.raises(CannotEdit) as caught:
        with_apps(source, setting, ("users",))
    assert str(caught.value).endswith(reason)
    assert listed_apps(source, setting) is None


def test_the_file_is_the_one_that_says_the_setting():
    files = (TextFile("prod.py", "from .base import *\n"), TextFile("base.py", PLAIN))
    assert file_of(files, "SHARED_APPS") == files[1]
    assert file_of(files, "TENANT_TYPES['x']['APPS']") is None
