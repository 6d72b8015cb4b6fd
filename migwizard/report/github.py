"""Findings as annotations of GitHub Actions: `::error file=…,line=1,title=…::message`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from ..core.finding import Finding, Severity
from ..core.situation import Situation
from ..core.tenants.across import Across
from .safe import visible
from .words import counts

SHOWN = 10
"""Of so many schemas the names are told."""

LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def check(situation: Situation, findings: Sequence[Finding]) -> str:
    """Return one annotation a finding, at the migration file that it is about, and a last line that counts them."""
    return "\n".join([*(_annotation(situation, finding) for finding in findings), counts(findings)])


def across(found: Across) -> str:
    """Return one annotation a finding of all schemas, with the number of those that it holds for."""
    lines = []
    for one in found.findings:
        shown = f"in {len(one.schemas)} schemas: {', '.join(one.schemas[:SHOWN])}"
        finding = replace(one.finding, evidence=(*one.finding.evidence, shown))
        lines.append(_annotation(found.situation, finding))
    return "\n".join([*lines, counts([one.finding for one in found.findings])])


def _annotation(situation: Situation, finding: Finding) -> str:
    properties = {}
    path = _path(situation, finding)
    if path is not None:
        properties = {"file": path, "line": "1"}
    properties["title"] = finding.id
    shown = ",".join(f"{name}={_property(visible(value))}" for name, value in properties.items())
    message = "\n".join([visible(finding.summary), *(f"- {visible(line)}" for line in finding.evidence)])
    return f"::{LEVELS[finding.severity]} {shown}::{_data(message)}"


def _path(situation: Situation, finding: Finding) -> str | None:
    """Return the migration file of a finding relative to the project, or None when it has none inside of it."""
    subject = finding.subject
    if subject.app is None or subject.migration is None:
        return None
    file = situation.file((subject.app, subject.migration))
    path, root = PurePath(file.path if file else ""), PurePath(situation.project.root)
    return path.relative_to(root).as_posix() if file and path.is_relative_to(root) else None


def _data(text: str) -> str:
    """Return a message in which no character ends it or begins another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return the value of a property in which no character ends it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
