"""Which code of a migration is left out of a squash, and which stays."""

from __future__ import annotations

import hashlib
import importlib
import textwrap

import pytest
from django.db import migrations

from migwizard.reading.overriding.rows import why_not_only_moving

HEAD = """
import hashlib
import importlib
import logging
from django.conf import settings
from django.db import connection
from django.db.models import F

logger = logging.getLogger(__name__)

def helper(Model):
    for row in Model.objects.all():
        row.save()

def maker(apps):
    apps.get_model("shop", "Order").objects.create()

def made(function):
    return function
"""

ONLY_MOVING = {
    "nothing": "pass",
    "a loop that saves": """
        Order = apps.get_model("shop", "Order")
        for order in Order.objects.using(schema_editor.connection.alias).iterator():
            order.digest = hashlib.sha256(order.name.encode()).hexdigest()
            order.save(update_fields=["digest"])
        logger.info("done")
    """,
    "an update": 'apps.get_model("shop", "Order").objects.update(total=F("net"))',
    "a helper of the same file": 'helper(apps.get_model("shop", "Order"))',
    "a bulk update": """
        Order = apps.get_model("shop", "Order")
        Order.objects.bulk_update(list(Order.objects.all()), ["name"])
    """,
    "a deletion": 'apps.get_model("shop.Order").objects.filter(name="").delete()',
    "a setting that names the model": "apps.get_model(settings.SHOP_ORDER).objects.update(name=getattr(settings, 'X'))",
}

MORE = {
    "a row": ('apps.get_model("shop", "Order").objects.create()', "it calls create()"),
    "an instance": (
        'Order = apps.get_model("shop", "Order")\nOrder(name="x").save()',
        "it makes a Order",
    ),
    "an instance at once": (
        'apps.get_model("shop", "Order")(name="x").save()',
        "it calls apps.get_model('shop', 'Order')()",
    ),
    "a model out of a list": ("for m in apps.get_models():\n    m().save()", "it calls m()"),
    "a helper that makes rows": ("maker(apps)", "it calls create()"),
    "a cursor": ("schema_editor.connection.cursor()", "it calls cursor()"),
    "the schema editor": ("schema_editor.execute('x')", "it calls execute()"),
    "the default connection": ("connection.ensure_connection()", "it calls connection.ensure_connection()"),
    "another app": ('apps.get_model("auth", "User").objects.update()', "it deals with the app auth"),
    "users": ("apps.get_model(settings.AUTH_USER_MODEL).objects.update()", "it deals with users"),
    "what is computed": ("getattr(apps, 'get' + 'x')('a')", "it calls getattr(apps, 'get' + 'x')()"),
    "a module by its name": (
        "importlib.import_module('a').run()",
        "it calls importlib.import_module('a').run()",
    ),
    "unknown code": ("eval('1')", "it calls eval()"),
}


@pytest.fixture
def function(tmp_path, monkeypatch):
    """A function from the body of a RunPython's function to it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(body):
        name = f"code_{hashlib.sha256(body.encode()).hexdigest()[:12]}"
        text = textwrap.indent(textwrap.dedent(body).strip(), "    ")
        (tmp_path / f"{name}.py").write_text(f"{HEAD}\n\ndef forwards(apps, schema_editor):\n{text}\n")
        return importlib.import_module(name).forwards

    return make


@pytest.mark.parametrize("body", ONLY_MOVING.values(), ids=ONLY_MOVING)
def test_code_that_only_moves_rows_is_known(function, body):
    assert why_not_only_moving(migrations.RunPython(function(body)), "shop") == ""


@pytest.mark.parametrize(("body", "said"), MORE.values(), ids=MORE)
def test_code_that_may_do_more_is_not_taken_for_it(function, body, said):
    assert why_not_only_moving(migrations.RunPython(function(body)), "shop") == said


def test_code_without_a_source_is_not_judged():
    names = {}
    exec("def forwards(apps, schema_editor): pass", names)
    operation = migrations.RunPython(names["forwards"])
    assert why_not_only_moving(operation, "shop") == "its source cannot be read"
    assert why_not_only_moving(migrations.RunPython(migrations.RunPython.noop), "shop") == ""


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE shop_order SET name = ''", ""),
        (["DELETE FROM shop_order;", ("UPDATE shop_order SET a = %s", [1])], ""),
        ("INSERT INTO shop_order VALUES (1)", "it runs INSERT"),
        ("CREATE INDEX a ON b (c)", "it runs CREATE"),
        ("UPDATE a SET b = 1; DROP TABLE c", "it runs DROP"),
        ("SELECT setval('a', 1)", "it calls functions of the server"),
        ("DO $$ BEGIN END $$", "what it runs is not known"),
        (migrations.RunSQL.noop, ""),
    ],
)
def test_sql_is_judged_by_its_statements(sql, said):
    assert why_not_only_moving(migrations.RunSQL(sql), "shop") == said
