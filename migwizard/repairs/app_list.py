"""Plans that change a list of apps of django-tenants."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core.plan import Step
from ..core.situation import Situation
from ..core.sources.source_text import CannotEdit
from ..core.sources.text_file import TextFile
from ..core.tenants import AppSet, TenantSettings
from ..core.tenants.app_lists import file_of
from ..core.tenants.app_splits import Split, splits
from .base import Impossible, Request, WrongArguments
from .files import file_step

COMMAND = "none: settings are edited by hand"
EVERYWHERE = "migwizard repair migrate --all-schemas"

Edit = Callable[[str], str]


def settings_of(situation: Situation) -> TenantSettings:
    """Return what django-tenants is told. Raises Impossible where the project does not use it."""
    if situation.tenants is None:
        raise Impossible("The project does not use django-tenants with this database.")
    return situation.tenants


def split_of(situation: Situation, request: Request) -> Split:
    """Return the split that a finding is about. Raises Impossible where it is gone."""
    assert request.finding is not None
    name = request.finding.id.partition(":")[2]
    for split in splits(settings_of(situation), situation.references, situation.graph):
        if f"{split.apps.kind}:{split.lacks}" == name:
            return split
    raise Impossible("This finding is not about a list that lacks an app.")


def named_set(situation: Situation, request: Request) -> tuple[str, AppSet]:
    """Return the app and the list that are named: by their label, and by the setting or the kind of its schemas.

    Raises:
        WrongArguments: when there is no such app or list.
    """
    settings = settings_of(situation)
    if len(request.arguments) != 2:
        raise WrongArguments("Name an app and a list: users SHARED_APPS.")
    app, name = request.arguments
    apps = next((one for one in settings.sets if name in (one.kind, one.setting)), None)
    if apps is None:
        known = ", ".join(one.setting for one in settings.sets)
        raise WrongArguments(f"There is no list '{name}' (there is: {known}).")
    return app, apps


def list_steps(
    files: Sequence[TextFile], apps: AppSet, edit: Edit, why: str, by_hand: str, undo: str
) -> tuple[Step, ...]:
    """Return the step that changes a list in the file that has it, or says what has to be written by hand."""
    file = file_of(files, apps.setting)
    reason = f"{apps.setting} is in no file of the project"
    if file is not None:
        try:
            return (file_step(file.path, file.content, edit(file.content), why, COMMAND),)
        except CannotEdit as error:
            reason = f"{file.path} {error}"
    note = f"{reason}, so write it by hand where the list is made: {by_hand}"
    return (Step("advice", why, note=note, undo=undo, command=COMMAND),)


def then(settings: TenantSettings) -> Step:
    """Return the step that says what comes after the change."""
    return Step(
        "advice",
        f"Then what has no tables yet is run: in {settings.public_schema} first, where all look, then in each tenant.",
        note=EVERYWHERE,
        undo="Each schema has a journal of its own.",
        command="manage.py migrate_schemas",
    )
