"""What shadows of every vendor have in common: connections that cannot touch the live one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def twin(connection: BaseDatabaseWrapper, options: dict[str, Any], **changed: Any) -> BaseDatabaseWrapper:
    """Return a connection with the settings and alias of another, known to nobody else and not yet open.

    `options` replace those of the settings. Its schema editors never open a transaction: they would look it up by the
    alias, and get that of the live connection.
    """
    settings = deepcopy({**connection.settings_dict, "OPTIONS": {}}) | changed | {"OPTIONS": options}
    settings |= {"CONN_MAX_AGE": 0, "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True}
    copy: Any = plain_class(connection)(settings, connection.alias)
    copy.SchemaEditorClass = without_transactions(copy.SchemaEditorClass)
    return copy  # type: ignore[no-any-return]


def plain_class(connection: BaseDatabaseWrapper) -> type[BaseDatabaseWrapper]:
    """Return the connection's class, or the one behind it where it switches between tenants.

    The wrapper of django-tenants sets the search path anew for each cursor, and would leave the shadow schema.
    """
    classes = [one for one in type(connection).__mro__ if issubclass(one, BaseDatabaseWrapper)]
    return next((one for one in classes if not hasattr(one, "set_tenant")), type(connection))


def without_transactions(editor: type[BaseDatabaseSchemaEditor]) -> type[BaseDatabaseSchemaEditor]:
    """Return a schema editor class like this one, whose `atomic` is always False."""

    class ShadowSchemaEditor(editor):  # type: ignore[misc, valid-type]
        """A schema editor inside a transaction that somebody else has opened."""

        def __init__(
            self, connection: BaseDatabaseWrapper, collect_sql: bool = False, atomic: bool = True
        ) -> None:
            super().__init__(connection, collect_sql, atomic=False)

    return ShadowSchemaEditor
