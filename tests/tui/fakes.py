"""Situations made by hand, and a workbench that answers with them: no Django, no database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from migwizard.core.dialects.sql import InDialect, Obstruction, WrittenOperation
from migwizard.core.finding import Finding, Offer, Subject
from migwizard.core.graph import Graph, Key, MigrationFile, Record
from migwizard.core.journal import Entry, FileChange
from migwizard.core.plan import Loss, Plan, Question, Ran, Report, Step
from migwizard.core.schema import Column, Constraint, Index, IndexPart, Snapshot, Table
from migwizard.core.session import Session
from migwizard.core.situation import (
    DatabaseInfo,
    Drift,
    MigrationTruth,
    OperationTruth,
    ProjectInfo,
    Situation,
    State,
    Truth,
)
from migwizard.workbench import ActionOffer, CannotRun, Reading, Refused, Unreplayed

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
SCHEMA: dict[State, Truth] = {
    "applied": "yes",
    "pending": "no",
    "applied-not-recorded": "yes",
    "half-applied": "partly",
}

SHOP: tuple[tuple[str, str, State, tuple[str, ...]], ...] = (
    ("auth", "0001_initial", "applied", ()),
    ("auth", "0012_alter_user_first_name_max_length", "applied", ("auth.0001_initial",)),
    ("shop", "0001_initial", "applied", ("auth.0012_alter_user_first_name_max_length",)),
    ("shop", "0002_total", "applied", ("shop.0001_initial",)),
    ("shop", "0003_left", "applied", ("shop.0002_total",)),
    ("shop", "0003_right", "applied", ("shop.0002_total",)),
    ("shop", "0004_merge", "applied", ("shop.0003_left", "shop.0003_right")),
    ("shop", "0005_note", "applied-not-recorded", ("shop.0004_merge", "auth.0001_initial")),
    ("shop", "0006_tax", "recorded-not-applied", ("shop.0005_note",)),
    ("shop", "0007_invoice", "half-applied", ("shop.0006_tax",)),
    ("shop", "0008_index", "pending", ("shop.0007_invoice",)),
    ("shop", "0009_gone", "missing-file", ()),
)


def key(dotted: str) -> Key:
    """Return `app.name` as a key."""
    app, _dot, name = dotted.partition(".")
    return (app, name)


def truth_of(app: str, name: str, state: State) -> MigrationTruth:
    """Return a migration in a state, with the truths that make it."""
    recorded = state in ("applied", "recorded-not-applied", "missing-file")
    schema: Truth = SCHEMA.get(state, "no")
    table = f"{app}_order"
    return MigrationTruth(
        key=(app, name),
        file=state != "missing-file",
        record=NOON if recorded else None,
        recorded=recorded,
        schema="unobservable" if state == "missing-file" else schema,
        state=state,
        operations=(
            OperationTruth(
                0,
                f"Add field {name[5:]} to order",
                "schema",
                schema,
                (f"column {table}.{name[5:]}",),
                True,
                (table,),
            ),
        ),
    )


def situation_of(
    rows: Sequence[tuple[str, str, State, tuple[str, ...]]] = SHOP, database: DatabaseInfo | None = None
) -> Situation:
    """Return a situation with these migrations: app, name, state and dependencies."""
    keys = tuple((app, name) for app, name, _state, _needs in rows)
    parents = {(app, name): tuple(key(need) for need in needs) for app, name, _state, needs in rows}
    children: dict[Key, tuple[Key, ...]] = dict.fromkeys(keys, ())
    for child, needed in parents.items():
        for parent in needed:
            children[parent] = (*children[parent], child)
    files = {
        (app, name): MigrationFile(app, name, f"/srv/shop/{app}/migrations/{name}.py", parents[app, name])
        for app, name, state, _needs in rows
        if state != "missing-file"
    }
    truths = tuple(truth_of(app, name, state) for app, name, state, _needs in rows)
    records = tuple(
        Record(number, *truth.key, NOON) for number, truth in enumerate(truths, 1) if truth.recorded
    )
    return Situation(
        project=ProjectInfo("/srv/shop", "shop.settings", own_apps=frozenset(("shop",))),
        database=database or shop_database(),
        graph=Graph(files, keys, parents, children, (), (), {}, {}, frozenset()),
        records=records,
        compared="replayed",
        live=Snapshot(
            "public", {"shop_order": LIVE, "auth_user": replace(LIVE, name="auth_user", indexes=())}
        ),
        expected={"shop_order": EXPECTED, "auth_user": replace(LIVE, name="auth_user", indexes=())},
        migrations=truths,
        drifts=DRIFTS,
        fingerprint="f1",
    )


def shop_database(**changes: object) -> DatabaseInfo:
    """Return the database of the shop."""
    database = DatabaseInfo(
        alias="default",
        vendor="postgresql",
        name="shop",
        schema="public",
        host="localhost",
        port="5432",
        user="deploy",
        version="PostgreSQL 16.3",
    )
    return replace(database, **changes)  # type: ignore[arg-type]


PRIMARY = Constraint("primary", "shop_order_pkey", ("id",))
LIVE = Table(
    "shop_order",
    columns=(
        Column("id", "bigint", nullable=False, identity="identity"),
        Column("total", "numeric(10,2)", nullable=True),
        Column("note", "character varying(30)", nullable=False),
    ),
    constraints=(PRIMARY,),
    indexes=(Index("shop_order_note", (IndexPart("note"),)),),
    rows=1200,
)
EXPECTED = replace(
    LIVE,
    columns=(
        Column("id", "bigint", nullable=False, identity="identity"),
        Column("total", "numeric(10,2)", nullable=False),
        Column("note", "character varying(30)", nullable=False),
        Column("tax", "numeric(4,2)", nullable=True),
    ),
    constraints=(PRIMARY, Constraint("unique", "shop_order_note_uniq", ("note",))),
)
DRIFTS = (
    Drift("column-nullability", "shop_order", "total", "", "not null", "null", ("shop", "0002_total")),
    Drift("column-missing", "shop_order", "tax", "", "numeric(4,2) null", "", ("shop", "0006_tax")),
    Drift(
        "unique-missing",
        "shop_order",
        None,
        "shop_order_note_uniq",
        "unique (note)",
        "",
        ("shop", "0005_note"),
    ),
)

NOTE = Finding(
    id="applied-not-recorded:shop.0005_note",
    name="applied-not-recorded",
    severity="error",
    subject=Subject("shop", "0005_note", "shop_order", "note", "public"),
    summary="shop.0005_note is not recorded as applied, but column shop_order.note exists.",
    evidence=("django_migrations has no row shop.0005_note", "shop_order has the columns id, total, note"),
    repairs=(
        Offer("fake", "Record shop.0005_note as applied", "safe", recommended=True),
        Offer("drop-column", "Drop shop_order.note and migrate", "destructive"),
    ),
)
TAX = Finding(
    id="recorded-not-applied:shop.0006_tax",
    name="recorded-not-applied",
    severity="error",
    subject=Subject("shop", "0006_tax", "shop_order", "tax", "public"),
    summary="shop.0006_tax is recorded as applied, but column shop_order.tax does not exist.",
    repairs=(Offer("migrate", "Run what shop.0006_tax should have done", "careful", recommended=True),),
)
GONE = Finding(
    id="missing-file:shop.0009_gone",
    name="missing-file",
    severity="warning",
    subject=Subject("shop", "0009_gone"),
    summary="shop.0009_gone is recorded, but no file has this name.",
)
PENDING = Finding(
    id="pending:shop.0008_index",
    name="pending",
    severity="info",
    subject=Subject("shop", "0008_index"),
    summary="shop.0008_index has not been applied yet.",
)
FINDINGS = (PENDING, GONE, NOTE, TAX)


def plan_of(finding: Finding | None, repair: str, arguments: tuple[str, ...], statements: int = 1) -> Plan:
    """Return a plan with an insert into the history and some statements."""
    offers = finding.repairs if finding else ()
    safety = next((offer.safety for offer in offers if offer.name == repair), "careful")
    insert = (
        """INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('shop', '0005_note', now())"""
    )
    sql = tuple(
        f'ALTER TABLE "shop_order" ADD COLUMN "c{number}" integer NULL' for number in range(statements - 1)
    )
    steps = (
        Step(
            kind="record",
            why="The schema has everything that shop.0005_note does, so its row is all that is missing.",
            sql=(insert,),
            migration=("shop", "0005_note"),
            record="insert",
            undo="delete the row",
            command="migrate shop 0005 --fake; Django refuses it here",
        ),
    )
    if sql:
        steps += (Step(kind="sql", why="The columns that are missing.", sql=sql, undo="drop the columns"),)
    return Plan(
        repair=repair,
        title=f"{repair} {' '.join(arguments)}".strip() if finding is None else finding.repairs[0].title,
        safety=safety,
        steps=steps,
        finding=finding.id if finding else None,
        expects=(finding.id,) if finding else (),
        fingerprint="f1",
        risks=("shop_order has 1,200 rows",),
        locks=("django_migrations: ROW EXCLUSIVE, for a moment",),
    )


OLD_FILE = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_total")]
    operations = []
"""
NEW_FILE = OLD_FILE.replace("0002_total", "0003_left")


def rich_plan(finding: Finding | None, answers: Mapping[str, str]) -> Plan:
    """Return a plan with everything that a preview can show."""
    folder = "/srv/shop/shop/migrations"
    return Plan(
        repair="rebase",
        title="Put shop.0003_right after shop.0003_left",
        safety="destructive",
        steps=(
            Step("file", "The branch goes on where the other one ends.", path=f"{folder}/0003_right.py",
                 former=OLD_FILE, content=NEW_FILE, undo="the file as it was is in the journal"),
            Step("file", "Nobody needs the merge any more.", path=f"{folder}/0004_merge.py", former=OLD_FILE),
            Step("file", "A fill for the rows.", path=f"{folder}/0004_fill.py", content=NEW_FILE),
            Step("record", "The row of the merge goes.", (
                """DELETE FROM "django_migrations" WHERE "app" = 'shop' AND "name" = '0004_merge'""",
            ), migration=("shop", "0004_merge"), record="delete"),
            Step("record", "The row gets its new name.", (
                """UPDATE "django_migrations" SET "name" = '0004_right' WHERE "id" = 6""",
            ), migration=("shop", "0003_right"), record="rename", new_name="0004_right"),
            Step("sql", "The column goes.", ('ALTER TABLE "shop_order" DROP COLUMN "note"',),
                 note="It is dropped with its index.", undo="not at all: its content is lost"),
        ),
        finding=finding.id if finding else None,
        action=None if finding else "rebase shop 0003_right",
        expects=(finding.id,) if finding else (),
        fingerprint="f1",
        loses=(
            Loss("shop_order", "note", 300), Loss("shop_old", None, 1200), Loss("shop_log"), Loss("shop_x", None, 0)
        ),
        asks=(
            Question("keep", "Which branch comes first?", ("left", "right"), answers.get("keep", "left")),
            Question("fill", "What do empty rows of shop_order.tax get?", (), answers.get("fill")),
        ),
        risks=("shop_order has about 1,200 rows",),
        locks=("shop_order: ACCESS EXCLUSIVE while the column goes",),
    )  # fmt: skip


ENTRY = Entry(
    id=7,
    database="postgresql://localhost:5432/shop#public",
    project="/srv/shop",
    who="deploy@web1 from 10.0.0.5",
    begun=NOON,
    repair="fake",
    title="Record shop.0005_note as applied",
    safety="safe",
    finding=NOTE.id,
    ended=NOON + timedelta(seconds=1.25),
    outcome="done",
    message="Done: 2 steps, 1 finding gone.",
    steps=(
        *plan_of(NOTE, "fake", ()).steps,
        Step(
            "sql", "The column that is missing.", ('ALTER TABLE "shop_order" ADD COLUMN "tax" integer NULL',)
        ),
    ),
    begun_steps=2,
    done_steps=2,
    ran=(
        Ran("""INSERT INTO "django_migrations" ("app", "name") VALUES ('shop', '0005_note')""", 0.004, 1, 0),
        Ran('ALTER TABLE "shop_order" ADD COLUMN "tax" integer NULL', 0.4, None, 1),
    ),
    gone=(NOTE.id,),
    records_after=(Record(12, "shop", "0005_note", NOON),),
    tables_before={"shop_order": LIVE, "shop_old": LIVE, "shop_new": None},
    tables_after={"shop_order": EXPECTED, "shop_old": None, "shop_new": LIVE},
    files=(FileChange("/srv/shop/shop/migrations/0005_note.py", None, OLD_FILE),),
    lost=("column shop_order.old: 3 filled rows",),
)
UNDONE = replace(ENTRY, id=6, title="Forget shop.0008_index", undone_by=8, files=())
FAILED = replace(
    ENTRY,
    id=5,
    title="Run shop.0006_tax",
    outcome="failed",
    message="Step 1 of 2 failed.",
    ran=(),
    done_steps=0,
)
KILLED = replace(
    ENTRY, id=9, title="Run shop.0007_invoice", outcome="interrupted", ended=None, message="", done_steps=1
)
ENTRIES = (ENTRY, UNDONE, FAILED)
KILLED_FINDING = Finding(
    id="unfinished-repair:9",
    name="unfinished-repair",
    severity="error",
    subject=Subject("shop", "0007_invoice"),
    summary="The repair number 9 was interrupted; its first step is in, its second is not.",
    evidence=("the row of shop.0005_note is there",),
    repairs=(Offer("undo", "Take back what is in", "careful", recommended=True),),
)


OTHERS = (
    Session(
        4711, "deploy", "manage.py", "10.0.0.7", "2026-03-01 10:00:00 UTC", "idle in transaction",
        (("shop_order", "ACCESS EXCLUSIVE"), ("django_migrations", "ROW EXCLUSIVE")),
    ),
    Session(4712, "web", "gunicorn", "10.0.0.8", "2026-03-01 10:00:05 UTC", "active", (), (4711,)),
    Session(4713, "web", "gunicorn", "10.0.0.8", "2026-03-01 09:00:00 UTC", "idle"),
)  # fmt: skip


class FakeWorkbench:
    """A workbench whose answers are fixed; it notes on which threads it was called, and what it was asked."""

    def __init__(
        self,
        situation: Situation | None = None,
        findings: tuple[Finding, ...] = FINDINGS,
        *,
        fails: dict[str, str] | None = None,
        statements: int = 1,
        slow: threading.Event | None = None,
        slow_plan: threading.Event | None = None,
        endless: bool = False,
        rich: bool = False,
        entries: tuple[Entry, ...] = ENTRIES,
        dry: Report | None = None,
        brings: tuple[Finding, ...] = (),
        early: bool = False,
        slow_replay: int = 0,
        uncertain: bool = False,
    ) -> None:
        self.situation = situation or situation_of()
        self.findings = findings
        self.others = OTHERS
        self.fails = fails or {}
        self.statements = statements
        self.slow = slow
        """What `read` waits for."""
        self.slow_plan = slow_plan
        """What `plan` waits for."""
        self.endless = endless
        """Whether a plan runs until it is stopped."""
        self.rich = rich
        """Whether a plan has everything that one can have, questions and files included."""
        self.entries = entries
        self.dry = dry
        """What a dry run comes to; without it, it goes through."""
        self.brings = brings
        """Findings that a run brings up."""
        self.early = early
        """Whether the findings are known before everything was read."""
        self.slow_replay = slow_replay
        """How many migrations a replay waits for, until `one_more` is called for each."""
        self.uncertain = uncertain
        """Whether plans hang on a replay."""
        self.steps = threading.Condition()
        self.done = 0
        self.committed = 0
        self.stop = threading.Event()
        self.threads: set[int] = set()
        self.asked: list[str] = []
        self.closed = False

    def note(self, name: str) -> None:
        """Note a call, and fail if that was asked for."""
        self.threads.add(threading.get_ident())
        self.asked.append(name)
        if sentence := self.fails.get(name.partition(" ")[0]):
            raise CannotRun(sentence)

    def sql(self, app: str, name: str, dialects: Sequence[str]) -> tuple[InDialect, ...]:
        """Return one migration in one dialect; SQL Server cannot run it, and MySQL's backend is not there."""
        (dialect,) = dialects
        self.note(f"sql {app}.{name} {dialect}")
        title = {"sqlserver": "SQL Server 2022", "mysql": "MySQL 8.4"}.get(dialect, "PostgreSQL 16")
        if dialect == "mysql":
            return (InDialect((app, name), dialect, title, missing="It is not installed."),)
        found = (
            (Obstruction("unindexable-column", "error", "It cannot run on SQL Server.", "Make it shorter."),)
            if dialect == "sqlserver"
            else ()
        )
        operations = (
            WrittenOperation("Add field [b]x[/b]", ("ALTER TABLE a;",), obstructions=found),
            WrittenOperation("Raw Python operation", note="Runs Python.", source="def f():\n    pass"),
        )
        connected = dialect == "postgresql"
        return (InDialect((app, name), dialect, title, "", connected, operations),)

    def open(self) -> None:
        self.note("open")

    def quick(self) -> Reading | None:
        self.note("quick")
        return Reading(
            replace(self.situation, live=None, compared="no", why_not="", drifts=()),
            self.findings if self.early else (),
        )

    def read(self, progress: Callable[[str, int, int], None], replay: bool) -> Reading:
        self.note("read with replay" if replay else "read")
        if self.slow_replay and not (replay and self.replay(progress)):
            return Reading(replace(self.situation, compared="modelled"), self.findings)
        if self.slow is not None:
            progress("reading shop", 1, 3)
            self.slow.wait(30)
        progress("reading shop", 3, 3)
        return Reading(self.situation, self.findings)

    def replay(self, progress: Callable[[str, int, int], None]) -> bool:
        """Wait for each migration; return whether the end was reached."""
        with self.steps:
            while self.done < self.slow_replay and not self.stop.is_set():
                progress("replaying", self.done, self.slow_replay)
                self.steps.wait(0.1)
            return not self.stop.is_set()

    def one_more(self) -> None:
        """Let the replay go on by one migration."""
        with self.steps:
            self.done += 1
            self.steps.notify()

    def actions(self, key: Key | None, finding: Finding | None) -> tuple[ActionOffer, ...]:
        self.note("actions")
        arguments = tuple(key) if key else ()
        return (
            ActionOffer("fake", "Record it as applied", "safe", arguments=arguments),
            ActionOffer("prune", "Delete records without file", "careful", arguments=arguments[:1]),
            ActionOffer("unfake", "Forget that it is applied", "careful", "it is not recorded", arguments),
            ActionOffer(
                "rollback", "Roll back", "careful", "", arguments[:1], "APP MIGRATION|zero", wanting=True
            ),
        )

    def plan(
        self, finding: Finding | None, repair: str, arguments: tuple[str, ...], settings: Mapping[str, str]
    ) -> Plan:
        self.note(
            f"plan {finding.id if finding else None} {repair} {arguments}"
            + (f" {settings}" if settings else "")
        )
        if self.slow_plan is not None:
            self.slow_plan.wait(30)
        if self.uncertain and self.done < self.slow_replay:
            raise Unreplayed("What shop_order should be is not certain before a replay.")
        if self.rich:
            return rich_plan(finding, settings)
        return plan_of(finding, repair, arguments, self.statements)

    def journal(self) -> tuple[Entry, ...]:
        self.note("journal")
        return self.entries

    def undo(self, number: int) -> Plan:
        self.note(f"undo {number}")
        if number == KILLED.id:
            raise Refused("Its row was changed since.")
        plan = plan_of(None, "undo", (str(number),))
        return replace(plan, title=f"Take back number {number}", action=f"undo {number}")

    def dry_run(self, plan: Plan, progress: Callable[[Ran], None]) -> Report:
        self.note("dry_run")
        if self.dry is not None:
            return replace(self.dry, plan=plan)
        report = self.run(plan, progress)
        message = "Dry run: everything went through and was rolled back."
        if report.message:
            return replace(report, outcome="failed", dry=True)
        return replace(report, outcome="rolled-back", message=message, dry=True)

    def execute(self, plan: Plan, progress: Callable[[Ran], None]) -> Report:
        self.note("execute")
        report = self.run(plan, progress)
        if report.message:
            return report
        self.committed += 1
        self.findings = tuple(finding for finding in self.findings if finding.id not in report.gone)
        self.findings += self.brings
        remaining = tuple(finding.id for finding in self.findings)
        return replace(report, message="Committed.", remaining=remaining, journal=8)

    def run(self, plan: Plan, progress: Callable[[Ran], None]) -> Report:
        """Run every statement, unless that is stopped."""
        ran = []
        for number, step in enumerate(plan.steps):
            for statement in step.sql:
                if self.endless and self.stop.wait(30):
                    return Report(plan, "rolled-back", "It was stopped; nothing was changed.", tuple(ran))
                ran.append(Ran(statement, 0.004, 1, number))
                progress(ran[-1])
        new = tuple(finding.id for finding in self.brings)
        return Report(plan, "done", "", tuple(ran), plan.expects, new=new)

    def log(self) -> tuple[Ran, ...]:
        self.note("log")
        return (
            Ran("SELECT version()", 0.001, 1),
            Ran('SELECT "id", "app", "name", "applied" FROM "django_migrations" ORDER BY "id"', 0.002, 9),
        )

    def rows(self, table: str) -> int | None:
        self.note(f"rows {table}")
        return 1204

    def cancel(self) -> None:
        self.stop.set()
        self.pause()

    def pause(self) -> None:
        with self.steps:
            self.stop.set()
            self.steps.notify()

    def sessions(self) -> tuple[Session, ...]:
        self.note("sessions")
        return self.others

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.closed = True


def many(number: int, apps: int = 25) -> Situation:
    """Return a situation with so many migrations, in chains of equal length, one in a hundred pending."""
    each = number // apps
    rows: list[tuple[str, str, State, tuple[str, ...]]] = []
    for app in range(apps):
        label = f"app{app:02}"
        for index in range(each):
            needs = (f"{label}.{index - 1:04}_step",) if index else ()
            rows.append((label, f"{index:04}_step", "pending" if index % 100 == 99 else "applied", needs))
    return situation_of(rows)
