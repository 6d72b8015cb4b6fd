"""Who can come in to the database, in which schema each works, and which of them we are, for the database panel."""

from __future__ import annotations

from migwizard.core.rights.principals import Principal, Rights

from .blocks import Block
from .look import Look
from .safe import Spans, clip, fit, wrap

MOST = 30
"""Users and groups that are shown; ours come first."""

GAP = "  "


def principals(rights: Rights, vendor: str, look: Look) -> Block:
    """Return the block that lists users, groups and roles: name, type and default schema, ours marked."""
    setting = "default schema" if vendor == "microsoft" else "search_path"
    people = "users and groups" if vendor == "microsoft" else "roles"

    def build(width: int) -> list[Spans]:
        shown = rights.principals[:MOST]
        rows = [("name", "type", setting), *(row(one, vendor) for one in shown)]
        room = max(8, (width - 8) // 3)
        names = min(room, max(len(name) for name, _, _ in rows))
        types = min(room, max(len(kind) for _, kind, _ in rows))
        lines: list[Spans] = [((f"{people} of {rights.database}", "strong"),)]
        lines += [((part, "quiet"),) for part in wrap(place(rights, vendor), width - 2, GAP)]
        for (name, kind, default), one in zip(rows, (None, *shown), strict=True):
            ours = one is not None and one.ours
            style = "quiet" if one is None else "strong" if ours else "plain"
            lines.append(
                (
                    (fit(f"  {look.glyphs.cursor if ours else ' '}", 4), style),
                    (fit(name, names, look.glyphs.cut) + GAP, style),
                    (fit(kind, types, look.glyphs.cut) + GAP, "quiet"),
                    (clip(default, width - names - types - 8, look.glyphs.cut), style),
                )
            )
        if len(rights.principals) > MOST:
            lines.append(((f"    and {len(rights.principals) - MOST} more", "quiet"),))
        return lines

    return Block(build)


def row(one: Principal, vendor: str) -> tuple[str, str, str]:
    """Return what is shown of one of them."""
    kind = f"{one.type}  {one.type_desc}" if one.type else one.type_desc
    nothing = "NULL" if vendor == "microsoft" else ""
    return one.name, kind, nothing if one.default_schema is None else one.default_schema


def place(rights: Rights, vendor: str) -> str:
    """Return where our own connection stands, in one sentence."""
    home = f"tables are made in {rights.schema}" if rights.schema is not None else "no table can be made"
    if rights.schema is not None and not rights.may_create:
        home = f"no table may be made in {rights.schema}"
    said = "SCHEMA_NAME() is" if vendor == "microsoft" else "search_path is"
    wanted = rights.wanted if rights.wanted else "NULL" if vendor == "microsoft" else "empty"
    through = rights.entrance
    came = f" through {through.name}" if through is not None and through.name != rights.login else ""
    return f"{rights.login} came in{came}; {said} {wanted}; {home}"
