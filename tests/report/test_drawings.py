"""The graph for other programs: Mermaid, DOT, SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from migwizard import report
from migwizard.report.dot import quoted
from migwizard.report.mermaid import escaped
from tests.diagnoses.build import chain, migration, situation

from .situations import hostile, shop

SVG = "{http://www.w3.org/2000/svg}"


def small():
    return situation(
        [*chain("shop.0001", "shop.0002"), migration("blog.0001", "shop.0001")], "shop.0001 old.0001"
    )


def test_mermaid():
    assert report.graph(small(), None, "mermaid") == (
        "flowchart TD\n"
        '  subgraph a0["shop"]\n'
        '    n0["shop.0001<br/>file yes, record 2026-03-01 10#58;00, schema yes#58; applied"]:::is_applied\n'
        '    n2["shop.0002<br/>file yes, record -, schema yes#58; applied-not-recorded"]:::is_applied_not_recorded\n'
        "  end\n"
        '  subgraph a1["blog"]\n'
        '    n1["blog.0001<br/>file yes, record -, schema yes#58; applied-not-recorded"]:::is_applied_not_recorded\n'
        "  end\n"
        '  subgraph a2["old"]\n'
        '    n3["old.0001<br/>file no, record 2026-03-01 10#58;00, schema unknown#58; missing-file"]'
        ":::is_missing_file\n"
        "  end\n"
        "  n0 --> n1\n"
        "  n0 --> n2\n"
        "  classDef is_applied stroke:#2e7d32,stroke-width:2px\n"
        "  classDef is_applied_not_recorded stroke:#c62828,stroke-width:2px\n"
        "  classDef is_missing_file stroke:#ef6c00,stroke-width:2px"
    )


def test_dot_of_one_app_with_what_it_depends_on_elsewhere():
    assert report.graph(small(), "blog", "dot") == (
        "digraph migrations {\n"
        "  rankdir=LR;\n"
        '  node [shape=box, fontname="sans-serif"];\n'
        "  subgraph cluster_0 {\n"
        '    label="shop";\n'
        '    n0 [label="shop.0001", color="#757575"];\n'
        "  }\n"
        "  subgraph cluster_1 {\n"
        '    label="blog";\n'
        '    n1 [label="blog.0001\\nfile yes, record -, schema yes: applied-not-recorded", color="#c62828"];\n'
        "  }\n"
        "  n0 -> n1;\n"
        "}"
    )


def test_svg_has_a_node_and_a_text_for_each_migration_and_lines_between_them():
    root = ElementTree.fromstring(report.graph(shop(), None, "svg"))
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert titles == [
        "shop.0001",
        "shop.0002",
        "shop.0003_b",
        "shop.0003_a",
        "shop.0004",
        "shop.0099",
        "blog.0001",
    ]
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts[-2:] == [
        "blog",
        "0001  file yes, record 2026-03-01 10:00, schema yes: applied  ⇠ shop.0001",
    ]
    circles = {
        c.find(f"{SVG}title").text: (int(c.get("cx")), int(c.get("cy"))) for c in root.iter(f"{SVG}circle")
    }
    lines = {
        tuple(int(line.get(end)) for end in ("x1", "y1", "x2", "y2")) for line in root.iter(f"{SVG}line")
    }
    x, y = circles["shop.0002"]
    assert {(x, y, x, y - 11), (x, y, x, y + 11)} <= lines, "its own lane goes on both ways"
    x, y = circles["shop.0099"]
    assert not any((x, y) == line[:2] for line in lines), "a ghost is tied to nothing"
    assert circles["shop.0003_a"][0] > circles["shop.0003_b"][0]


@pytest.mark.parametrize("form", ["mermaid", "dot", "svg"])
def test_an_empty_graph_can_still_be_drawn(form):
    assert report.graph(situation(), None, form)


def test_a_hostile_name_stays_inside_its_label():
    made = hostile()
    mermaid = report.graph(made, None, "mermaid").splitlines()
    known = re.compile(
        r'flowchart TD|  subgraph a\d+\["[^"\[\]<>]*"\]|    n\d+\["[^"\[\]<>]*<br/>[^"\[\]<>]*"\]:::\w+|  end'
        r"|  n\d+ --> n\d+|  classDef \w+ stroke:#\w+,stroke-width:2px"
    )
    assert [line for line in mermaid if not known.fullmatch(line)] == []
    dot = report.graph(made, None, "dot").splitlines()
    text = r'"(?:[^"\\]|\\.)*"'
    known = re.compile(
        rf"digraph migrations {{|  rankdir=LR;|  node \[shape=box, fontname={text}\];|  subgraph cluster_\d+ {{"
        rf"|    label={text};|    n\d+ \[label={text}, color={text}\];|  }}|  n\d+ -> n\d+;|}}"
    )
    assert [line for line in dot if not known.fullmatch(line)] == []
    root = ElementTree.fromstring(report.graph(made, None, "svg"))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags == {"svg", "rect", "text", "circle", "title"}


def test_escaping():
    assert escaped('a"]b') == "a#34;#93;b"
    assert quoted('a"\\b') == '"a\\"\\\\b"'
