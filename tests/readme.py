"""README's tables, made from what the code says: `python -m tests.readme` writes them."""

from __future__ import annotations

import re
from pathlib import Path

from migwizard.diagnoses import DIAGNOSES
from migwizard.repairs import REPAIRS

MARKED = re.compile(r"<!-- (?P<name>\w+) -->\n\n(?P<table>.*?)\n\n<!-- /(?P=name) -->", re.DOTALL)


def table_of_diagnoses() -> str:
    """The table of all diagnoses, in the order in which they are shown."""
    rows = ["| finding | severity | what it says |", "|---|---|---|"]
    rows += [f"| {info.name} | {info.severity} | {info.title} |" for info in (one.INFO for one in DIAGNOSES)]
    return "\n".join(rows)


def table_of_repairs() -> str:
    """The table of all repairs, in the order in which they are shown."""
    rows = ["| repair | safety | what it does |", "|---|---|---|"]
    for info in (one.INFO for one in REPAIRS):
        usage = f"{info.name} {info.arguments}".rstrip().replace("|", "\\|")
        rows.append(f"| `{usage}` | {info.safety} | {info.title} |")
    return "\n".join(rows)


def tables_in(text: str) -> dict[str, str]:
    """The tables between markers, by the name of their markers."""
    return {match["name"]: match["table"] for match in MARKED.finditer(text)}


def rewritten(text: str) -> str:
    """README with its tables as they should be; everything else stays."""

    def replace(match: re.Match[str]) -> str:
        tables = {"diagnoses": table_of_diagnoses, "repairs": table_of_repairs}
        return f"<!-- {match['name']} -->\n\n{tables[match['name']]()}\n\n<!-- /{match['name']} -->"

    return MARKED.sub(replace, text)


if __name__ == "__main__":
    path = Path(__file__).parent.parent / "README.md"
    path.write_text(rewritten(path.read_text()))
