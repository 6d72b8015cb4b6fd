"""The graph as a Mermaid flowchart, as GitHub and GitLab show it in Markdown."""

from __future__ import annotations

import re

from ..core.situation import Situation
from .drawing import COLOURS, Node, drawing

UNSAFE = re.compile(r"[^A-Za-z0-9 ._,-]")


def graph(situation: Situation, app: str | None = None) -> str:
    """Return the graph of one app or of all; the colours say what the three truths come to."""
    drawn = drawing(situation, app)
    lines = ["flowchart TD"]
    for number, (label, nodes) in enumerate(drawn.apps().items()):
        lines.append(f'  subgraph a{number}["{escaped(label)}"]')
        lines += [f"    {_node(node)}" for node in nodes]
        lines.append("  end")
    lines += [f"  {parent} --> {child}" for parent, child in drawn.edges]
    used = {node.state for node in drawn.nodes}
    lines += [
        f"  classDef {_class(state)} stroke:{colour},stroke-width:2px"
        for state, colour in COLOURS.items()
        if state in used
    ]
    return "\n".join(lines)


def _node(node: Node) -> str:
    truths = f"<br/>{escaped(node.truths)}" if node.truths else ""
    return f'{node.id}["{escaped(node.label)}{truths}"]:::{_class(node.state)}'


def _class(state: str) -> str:
    # `default`-like words and hyphens are risky in class names, so every class gets a prefix.
    return f"is_{state.replace('-', '_')}"


def escaped(text: str) -> str:
    """Return a text that cannot end its label: every character beyond the plainest as Mermaid's `#code;`."""
    return UNSAFE.sub(lambda match: f"#{ord(match.group())};", text)
