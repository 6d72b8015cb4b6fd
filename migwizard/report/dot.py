"""The graph in Graphviz' language: `migwizard graph --format dot | dot -Tsvg`."""

from __future__ import annotations

from ..core.situation import Situation
from .drawing import COLOURS, Node, drawing


def graph(situation: Situation, app: str | None = None) -> str:
    """Return the graph of one app or of all; the colours say what the three truths come to."""
    drawn = drawing(situation, app)
    lines = ["digraph migrations {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for number, (label, nodes) in enumerate(drawn.apps().items()):
        lines += [f"  subgraph cluster_{number} {{", f"    label={quoted(label)};"]
        lines += [f"    {_node(node)}" for node in nodes]
        lines.append("  }")
    lines += [f"  {parent} -> {child};" for parent, child in drawn.edges]
    return "\n".join([*lines, "}"])


def _node(node: Node) -> str:
    # Both parts are quoted by themselves, so that the line end between them is the only escape in the label.
    label = quoted(node.label)
    if node.truths:
        label = f"{label[:-1]}\\n{quoted(node.truths)[1:]}"
    style = ", style=dashed" if node.state == "missing-file" else ""
    return f"{node.id} [label={label}, color={quoted(COLOURS[node.state])}{style}];"


def quoted(text: str) -> str:
    """Return a text as a quoted string of DOT; a backslash in it is shown and means nothing."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
