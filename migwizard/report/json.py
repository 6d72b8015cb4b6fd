"""The JSON documents, which other programs rely on: fields are added, never changed.

Dates are ISO 8601 in UTC, `2026-03-01T10:00:00Z`. A step's `sql` is a list of texts: as planned, or, once it ran, as
executed; `ran` then has each of them again with `seconds` and `rows`, and, after a dry run where the server tells, the
`locks` that it took and the tables that it `rewrites`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ..core.dialects.sql import InDialect
from ..core.finding import Finding
from ..core.graph import Key, Record
from ..core.journal import Entry
from ..core.locks import blocked
from ..core.plan import Plan, Ran, Report, Step
from ..core.schema import Table
from ..core.situation import MigrationTruth, Situation
from ..core.truths.locate import locate
from .words import utc

VERSION = 1

Document = dict[str, Any]


def check(situation: Situation, findings: Sequence[Finding]) -> str:
    """Return the document of `check`."""
    return written(
        {
            "version": VERSION,
            "project": {"root": situation.project.root, "settings": situation.project.settings},
            "database": database(situation),
            "findings": [finding_document(finding) for finding in findings],
        }
    )


def status(situation: Situation) -> str:
    """Return the document of `status`."""
    return written(
        {
            "version": VERSION,
            "database": database(situation),
            "migrations": [_migration(row) for row in situation.migrations],
            "locations": [asdict(location) for location in locate(situation)],
        }
    )


def plan(made: Plan) -> str:
    """Return the document of `plan`."""
    return written({"version": VERSION, **planned(made)})


def dialects(found: Sequence[InDialect]) -> str:
    """Return the document of `sql`."""
    key = found[0].key if found else ("", "")
    return written(
        {
            "version": VERSION,
            "migration": {"app": key[0], "name": key[1]},
            "dialects": [_dialect(one) for one in found],
        }
    )


def _dialect(one: InDialect) -> Document:
    document = asdict(one)
    del document["key"]
    return document | {"backend": one.backend or None, "missing": one.missing or None}


def result(report: Report) -> str:
    """Return the document of a dry run or of an execution."""
    return written({"version": VERSION, **_became(report)})


def results(reports: Sequence[Report], left: Sequence[Finding]) -> str:
    """Return the document of `repair --all`: one entry a repair, and the findings that are left."""
    return written(
        {
            "version": VERSION,
            "repairs": [_became(report) for report in reports],
            "findings": [finding_document(finding) for finding in left],
        }
    )


def journal(found: Sequence[Entry], batches: Sequence[Document] = ()) -> str:
    """Return the document of `journal`: every execution, without its steps, and what was done in many schemas."""
    return written(
        {
            "version": VERSION,
            "journal": [_execution(one) for one in found],
            "batches": list(batches),
        }
    )


def entry(one: Entry) -> str:
    """Return the document of `journal show`."""
    rows = {"before": one.records_before, "after": one.records_after}
    return written(
        {
            "version": VERSION,
            **_execution(one),
            "steps": [
                _step(step, [ran for ran in one.ran if ran.step == index])
                for index, step in enumerate(one.steps)
            ],
            "records": {name: [_row(row) for row in given] for name, given in rows.items()},
            "tables": {"before": _tables(one.tables_before), "after": _tables(one.tables_after)},
            "files": [asdict(change) for change in one.files],
            "lost": list(one.lost),
            "gone": list(one.gone),
        }
    )


def _execution(one: Entry) -> Document:
    return {
        "id": one.id,
        "begun": date(one.begun),
        "ended": date(one.ended) if one.ended is not None else None,
        "who": one.who,
        "database": one.database,
        "project": one.project,
        "finding": one.finding,
        "action": one.action,
        "repair": one.repair,
        "safety": one.safety,
        "title": one.title,
        "outcome": one.outcome,
        "message": one.message,
        "undoes": one.undoes,
        "undone_by": one.undone_by,
        "batch": f"batch-{one.batch}" if one.batch is not None else None,
    }


def _row(row: Record) -> Document:
    applied = utc(row.applied).isoformat() if row.applied is not None else None
    return {"id": row.id, "app": row.app, "name": row.name, "applied": applied}


def _tables(tables: Mapping[str, Table | None]) -> Document:
    return {name: asdict(table) if table is not None else None for name, table in sorted(tables.items())}


def written(document: Document) -> str:
    """Return a document as text. Everything beyond ASCII is escaped, so that no terminal and no encoding objects."""
    return json.dumps(document, indent=2)


def database(situation: Situation) -> Document:
    """Return which database and schema it is, and with what the schema was compared."""
    database = situation.database
    return {
        "alias": database.alias,
        "vendor": database.vendor,
        "name": database.name,
        "schema": database.schema or None,
        "schema_compared": situation.compared,
        "why_not": situation.why_not or None,
    }


def finding_document(finding: Finding) -> Document:
    """Return one finding as every document has it."""
    subject = finding.subject
    return {
        "id": finding.id,
        "name": finding.name,
        "severity": finding.severity,
        "subject": {
            "app": subject.app,
            "migration": subject.migration,
            "table": subject.table,
            "column": subject.column,
            "schema": subject.schema,
        },
        "confirmed": finding.confirmed,
        "summary": finding.summary,
        "evidence": list(finding.evidence),
        "repairs": [
            {
                "name": offer.name,
                "title": offer.title,
                "safety": offer.safety,
                "recommended": offer.recommended,
            }
            for offer in finding.repairs
        ],
    }


def _migration(row: MigrationTruth) -> Document:
    app, name = row.key
    return {
        "app": app,
        "name": name,
        "file": row.file,
        "record": date(row.record) if row.record is not None else None,
        "schema": row.schema,
        "state": row.state,
    }


def date(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, to the second: `2026-03-01T10:00:00Z`."""
    return f"{utc(moment):%Y-%m-%dT%H:%M:%SZ}"


def planned(made: Plan, ran: Sequence[Ran] = ()) -> Document:
    """Return a plan as every document has it."""
    about = {"finding": made.finding} if made.finding is not None else {"action": made.action}
    return {
        **about,
        "repair": made.repair,
        "safety": made.safety,
        "steps": [
            _step(step, [one for one in ran if one.step == index]) for index, step in enumerate(made.steps)
        ],
        "risks": list(made.risks),
        "loses": [asdict(loss) for loss in made.loses],
        "asks": [asdict(question) for question in made.asks],
        "locks": list(made.locks),
        "outcome": "refused" if made.refusal else "planned",
        "message": made.refusal or made.title,
        "journal": None,
    }


def _became(report: Report) -> Document:
    return {
        **planned(report.plan, report.ran),
        "locks": [*report.plan.locks, *blocked(report.ran)],
        "outcome": report.outcome,
        "message": report.message,
        "journal": report.journal,
        "gone": list(report.gone),
        "remaining": list(report.remaining),
        "new": list(report.new),
    }


def _step(step: Step, ran: Sequence[Ran]) -> Document:
    document: Document = {
        "kind": step.kind,
        "why": step.why,
        "sql": [one.sql for one in ran] or list(step.sql),
        "undo": step.undo,
        "command": step.command,
        "note": step.note,
        "migration": _key(step.migration),
    }
    if step.kind == "file":
        document |= {"path": step.path, "content": step.content}
    if ran:
        document["ran"] = [_ran(one) for one in ran]
    return document


def _ran(one: Ran) -> Document:
    told = {"locks": one.locks, "rewrites": one.rewrites}
    return {
        "sql": one.sql,
        "seconds": one.seconds,
        "rows": one.rows,
        **{name: list(found) for name, found in told.items() if found is not None},
    }


def _key(key: Key | None) -> Document | None:
    return None if key is None else {"app": key[0], "name": key[1]}
