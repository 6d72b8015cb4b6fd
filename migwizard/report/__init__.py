"""Reports: what was found, planned and done, as text or for other programs. Every function is pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.dialects.sql import InDialect
from ..core.finding import Finding
from ..core.journal import Entry
from ..core.plan import Plan, Report
from ..core.situation import Situation
from ..core.tenants import Overview
from ..core.tenants.across import Across
from ..core.tenants.batch import Batch
from . import dialects, dot, github, json, mermaid, plans, svg, tenants, text
from . import journal as executions
from .batches import bar, batch, batches, document, nothing_to_do, progress, survey
from .beforehand import planned_many, trial
from .safe import one_line

CHECKS = {"text": text.check, "json": json.check, "github": github.check}
STATUSES = {"text": text.status, "json": json.status}
GRAPHS = {"text": text.graph, "mermaid": mermaid.graph, "dot": dot.graph, "svg": svg.graph}
PLANS = {"text": plans.plan, "json": json.plan}
RESULTS = {"text": plans.result, "json": json.result}
ALL_RESULTS = {"text": plans.results, "json": json.results}
DIALECTS = {"text": dialects.text, "json": json.dialects}
OVERVIEWS = {"text": tenants.overview_text, "json": tenants.overview_json}
ACROSS = {"text": tenants.across_text, "json": tenants.across_json, "github": github.across}
ENTRIES = {"text": executions.entry, "json": json.entry}


def check(situation: Situation, findings: Sequence[Finding], form: str = "text") -> str:
    """Return every finding, as `text`, `json` or `github`."""
    return CHECKS[form](situation, findings)


def status(situation: Situation, form: str = "text") -> str:
    """Return one row a migration, as `text` or `json`."""
    return STATUSES[form](situation)


def graph(situation: Situation, app: str | None = None, form: str = "text") -> str:
    """Return the graph of one app or of all, as `text`, `mermaid`, `dot` or `svg`."""
    return GRAPHS[form](situation, app)


def plan(made: Plan, form: str = "text") -> str:
    """Return a plan, as `text` or `json`."""
    return PLANS[form](made)


def in_dialects(found: Sequence[InDialect], form: str = "text") -> str:
    """Return a migration in the SQL of several servers, as `text` or `json`."""
    return DIALECTS[form](found)


def script(made: Plan, vendor: str = "", path: Sequence[str] = ()) -> str:
    """Return a plan as a script of SQL that can be run by hand, for the shell of a vendor's database.

    Args:
        made: the plan.
        vendor: of the database.
        path: the search path that it is run with; nothing is set where it is empty.
    """
    return plans.script(made, vendor, path)


def result(report: Report, form: str = "text") -> str:
    """Return what became of a plan, as `text` or `json`."""
    return RESULTS[form](report)


def results(reports: Sequence[Report], left: Sequence[Finding], form: str = "text") -> str:
    """Return what became of several plans, and the findings that are left, as `text` or `json`."""
    return ALL_RESULTS[form](reports, left)


def journal(found: Sequence[Entry], form: str = "text", done: Sequence[Batch] = ()) -> str:
    """Return every execution, and what was done in many schemas, as `text` or `json`."""
    if form == "json":
        return json.journal(found, [document(one) for one in done])
    return "\n\n".join(filter(None, (executions.entries(found), batches(done))))


def entry(one: Entry, form: str = "text") -> str:
    """Return one execution whole, as `text` or `json`."""
    return ENTRIES[form](one)


def overview(situation: Situation, found: Overview, findings: Sequence[Finding], form: str = "text") -> str:
    """Return all tenants in groups, as `text` or `json`; `findings` are those of the overview itself."""
    return OVERVIEWS[form](situation, found, findings)


def across(found: Across, form: str = "text") -> str:
    """Return what was found in all schemas, each finding once, as `text`, `json` or `github`."""
    return ACROSS[form](found)


__all__ = [
    "across",
    "bar",
    "batch",
    "batches",
    "check",
    "entry",
    "graph",
    "journal",
    "nothing_to_do",
    "one_line",
    "overview",
    "plan",
    "planned_many",
    "progress",
    "result",
    "results",
    "script",
    "status",
    "survey",
    "trial",
]
