"""An app is added to a list of django-tenants, or taken out of one, in the settings as they are written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.finding import Finding
from migwizard.core.situation import Situation
from migwizard.core.sources.text_file import TextFile
from migwizard.diagnoses.tenant_app_split import find
from migwizard.repairs import Impossible, NothingToDo, Request, WrongArguments, make_plan
from tests.diagnoses.test_tenant_app_split import ADMIN, ARTICLE, GROUPS, TICKETS, situation

SETTINGS = TextFile(
    "/srv/shop/settings.py",
    'SHARED_APPS = [\n    "django_tenants",\n    "django.contrib.admin",\n]\nTENANT_APPS = ["people.users"]\n',
)


def article() -> tuple[Situation, Finding]:
    """The article's project and its finding."""
    read = situation(ARTICLE, ADMIN, TICKETS, GROUPS)
    return read, find(read)[0]


def test_the_app_is_added_where_the_finding_says():
    read, finding = article()
    plan = make_plan(read, "add-app", Request(finding, files=(SETTINGS,)))
    assert (plan.title, plan.safety, plan.refusal) == ("Add people.users to SHARED_APPS", "careful", "")
    written, then = plan.steps
    assert written.content == SETTINGS.content.replace(
        '    "django.contrib.admin",\n', '    "django.contrib.admin",\n    "people.users",\n'
    )
    assert written.former == SETTINGS.content
    assert (then.kind, then.note) == ("advice", "migwizard repair migrate --all-schemas")
    assert plan.expects == (finding.id,)


def test_where_code_makes_the_list_the_lines_are_told_and_nothing_is_run():
    read, finding = article()
    file = replace(SETTINGS, content="SHARED_APPS = shared()\n")
    plan = make_plan(read, "add-app", Request(finding, files=(file,)))
    assert plan.refusal == (
        "/srv/shop/settings.py does not write SHARED_APPS down as a literal, so write it by hand where the list is"
        ' made: "people.users",'
    )
    assert plan.steps[0].kind == "advice"


def test_what_points_there_is_taken_out_instead():
    read, finding = article()
    plan = make_plan(read, "remove-app", Request(finding, files=(SETTINGS,)))
    assert plan.title == "Take django.contrib.admin out of SHARED_APPS"
    assert plan.steps[0].content == SETTINGS.content.replace('    "django.contrib.admin",\n', "")


def test_the_lists_are_named_as_they_are_in_the_settings():
    read, _ = article()
    plan = make_plan(read, "add-app", Request(None, ("users", "SHARED_APPS"), files=(SETTINGS,)))
    assert plan.action == "add-app users SHARED_APPS"
    with pytest.raises(NothingToDo, match="users is in TENANT_APPS already"):
        make_plan(read, "add-app", Request(None, ("users", "TENANT_APPS"), files=(SETTINGS,)))
    with pytest.raises(WrongArguments, match="There is no list 'APPS'"):
        make_plan(read, "add-app", Request(None, ("users", "APPS"), files=(SETTINGS,)))
    with pytest.raises(WrongArguments, match="There is no app 'nobody'"):
        make_plan(read, "add-app", Request(None, ("nobody", "SHARED_APPS"), files=(SETTINGS,)))


def test_the_app_of_the_tenants_stays_shared():
    read, _ = article()
    owner = read.tenants.tenant_model.partition(".")[0]
    with pytest.raises(Impossible):
        make_plan(read, "remove-app", Request(None, (owner, "SHARED_APPS"), files=(SETTINGS,)))


def test_without_tenants_there_is_no_list():
    read, _ = article()
    with pytest.raises(Impossible, match="does not use django-tenants"):
        make_plan(replace(read, tenants=None), "add-app", Request(None, ("users", "SHARED_APPS")))
