"""Slots, values and losses in words that a reader of SQL understands."""

from __future__ import annotations

from collections.abc import Mapping

from ..plan import Loss
from .objects import Named, Slot, Value


def subject(table: str, slot: Slot, value: Value, names: Mapping[str, str]) -> str:
    """Return what stands in a slot, as a noun: `column shop_order.note`, `index a_idx on shop_order (note)`.

    `names` gives the present names of column ids.
    """
    kind = slot[0]
    if kind == "table":
        return f"table {table}"
    if kind == "column":
        column = f"{table}.{names.get(str(slot[1]), str(slot[1]).lstrip('?'))}"
        return f"column {column}" if len(slot) == 2 else f"{slot[2]} of column {column}"
    if kind == "table-comment":
        return f"comment of table {table}"
    if kind == "trigger":
        return f"trigger {slot[1]} on {table}"
    if kind == "primary-key":
        return f"primary key of {table}"
    label = {
        "foreign-key": "foreign key",
        "check": "check",
        "exclusion": "exclusion constraint",
        "index": "index",
    }.get(str(kind), "unique constraint")
    name = " ".join(value.names).strip() if isinstance(value, Named) else ""
    return " ".join(part for part in (label, name, "on", table, keys(slot, names)) if part)


def keys(slot: Slot, names: Mapping[str, str]) -> str:
    """Return the columns or the expression of a constraint's or index's slot, in parentheses."""
    kind = slot[0]
    if kind in ("check", "exclusion"):
        return f"({unmask(str(slot[1]), names)})"
    texts = []
    for part in slot[1] if isinstance(slot[1], tuple) else ():
        key = str(part[0] if isinstance(part, tuple) else part)
        descending = isinstance(part, tuple) and len(part) > 1 and part[1] is True
        texts.append(names.get(key, unmask(key, names).lstrip("?")) + (" DESC" if descending else ""))
    text = f"({', '.join(texts)})"
    if kind == "foreign-key":
        targets = ", ".join(str(target) for target in slot[3]) if isinstance(slot[3], tuple) else ""
        return f"{text} to {str(slot[2]).lstrip('?')} ({targets})"
    condition = slot[2] if len(slot) > 2 else ""
    return f"{text} where {unmask(str(condition), names)}" if condition else text


def unmask(text: str, names: Mapping[str, str]) -> str:
    """Return an expression with column ids turned back into names."""
    for key, name in names.items():
        text = text.replace(f'"{key}"', name)
    return text


def value_text(slot: Slot, value: Value) -> str:
    """Return a value in words."""
    if len(slot) == 3 and slot[0] == "column":
        if slot[2] == "nullability":
            return "NULL allowed" if value else "NOT NULL"
        if slot[2] == "identity":
            return "numbered by the database" if value else "not numbered by the database"
        return "none" if value is None else str(value)
    if isinstance(value, Named):
        return " ".join(
            [*value.names, *(str(part) for part in value.detail if part and isinstance(part, str))]
        )
    return "" if value is None else str(value)


def sentence(loss: Loss) -> str:
    """Return a loss in words."""
    if loss.rows is None:
        what = loss.table if loss.column is None else f"{loss.table}.{loss.column}"
        return f"{what} goes, and could not be counted in time: take it for filled."
    many = "row" if loss.rows == 1 else "rows"
    if loss.column is None:
        return f"{loss.table} ({loss.rows:,} {many}) goes."
    lost = "is lost" if loss.rows == 1 else "are lost"
    return f"{loss.table}.{loss.column} is filled in {loss.rows:,} {many}, which {lost}."
