"""What `migrate` does so that the receivers of its signals find what they expect."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps as installed
from django.db.migrations.state import ModelState, ProjectState, StateApps
from django.utils.module_loading import module_has_submodule


def import_management() -> None:
    """Import every app's `management` module, as `migrate` does: some connect receivers of signals there."""
    for config in installed.get_app_configs():
        if module_has_submodule(config.module, "management"):
            import_module(".management", config.name)


def post_migrate_apps(state: ProjectState) -> StateApps:
    """Return the models of a state as receivers of post_migrate get them; the state is left with them.

    As in `migrate`, models of apps without migrations are rendered once more: before, they had no relations.
    """
    state.clear_delayed_apps_cache()
    apps = state.apps
    with apps.bulk_update():
        keys = [(model.app_label, model.name_lower) for model in apps.real_models]
        for key in keys:
            apps.unregister_model(*key)
    apps.render_multiple([ModelState.from_model(installed.get_model(*key)) for key in keys])
    return apps
