"""Names as SQL has them, whatever is in them.

Django's own `quote_name` leaves a name alone that begins and ends with quotes, and so may let a hostile one pass.
"""

from __future__ import annotations


def quoted(name: str) -> str:
    """Return a name in double quotes, as in the SQL standard."""
    return '"' + name.replace('"', '""') + '"'


def bracketed(name: str) -> str:
    """Return a name in brackets, as in Transact-SQL."""
    return f"[{name.replace(']', ']]')}]"


def named(name: str, vendor: str) -> str:
    """Return a name as the servers of a vendor take it."""
    return bracketed(name) if vendor == "microsoft" else quoted(name)
