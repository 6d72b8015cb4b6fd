"""Models were changed without a migration.

## What it finds
What `makemigrations --check` would find: differences between the models in the code and the state at
which the migration files end. It is found even while the history is inconsistent, when `makemigrations`
refuses.

## Why it matters
The application expects what no migration makes: `column shop_order.note does not exist` at the first
query. Changes that leave the database alone (choices, help texts, ordering) do no harm now, but come
along with somebody else's next migration. In an installed package nobody here can write the migration,
so there it is an info: mostly the package depends on a setting, such as DEFAULT_AUTO_FIELD.

## Example
A field `note` was added to the model Order, and the migration was not committed.

## How it is repaired
`make-migration` writes what `manage.py makemigrations APP` would, and asks what Django would ask; read
what it wrote, then `migrate`. For an installed package: never
write a migration into its folder; set what its documentation says (`default_auto_field` in a subclass of
its AppConfig, say).
"""

from __future__ import annotations

from ..core.finding import Finding, Offer, Subject
from ..core.situation import ModelChange, Situation
from .base import Info, finding_id, offers, plural

INFO = Info("model-changes", "warning", "Models were changed without a migration", ("make-migration",))


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each app whose models are ahead of its migrations."""
    changes: dict[str, list[ModelChange]] = {}
    # The state that the models are compared with lacks what a missing migration did.
    torn = {node[0] for node, _ in situation.graph.missing}
    for change in situation.model_changes:
        if change.app in torn:
            continue
        changes.setdefault(change.app, []).append(change)
    return tuple(_finding(situation, app, found) for app, found in changes.items())


def _finding(situation: Situation, app: str, changes: list[ModelChange]) -> Finding:
    own = changes[0].own
    where = "" if own else " (an installed package)"
    return Finding(
        finding_id(INFO, app),
        INFO.name,
        INFO.severity if own else "info",
        Subject(app),
        f"The models of {app}{where} have {plural(len(changes), 'change')} that no migration makes.",
        evidence=tuple(change.description for change in changes),
        repairs=offers(Offer("make-migration", f"Write the migration of {app}", "careful"))
        if _writable(situation, app)
        else (),
    )


def _writable(situation: Situation, app: str) -> bool:
    """Tell whether an app's migrations are the project's own, and end in one."""
    leaves = situation.graph.leaves(app)
    return len(leaves) == 1 and situation.project.owns(situation.graph.files[leaves[0]])
