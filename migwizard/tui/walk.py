"""The wizard's way: where one is, what Enter does next, and which keys matter there."""

from __future__ import annotations

from dataclasses import dataclass

from migwizard.core.finding import Finding, Offer
from migwizard.core.journal import Entry
from migwizard.core.plan import Plan, Question, Report
from migwizard.core.tenants.batch import Batch

from .many import MANY, PAST, Many, hints_of, names_batch, of_many, spot_of
from .oneline import Hint, Spot
from .runs import went_through
from .words import UNFINISHED, plural

PANELS = ("problems", "database", "explain", "sql", "log")
"""The panels of the keys 1 to 5."""

FIXED = {
    "database": ("database: live against expected", "explains the selection"),
    "log": ("log: every statement that was run", "shows one in full"),
    "help": ("help: every key", "goes back"),
}
"""Where one is on pages that always say the same, and what Enter does there."""

HEALING = ("problem", "explain", "preview", "dry run", "run")
"""The way through a problem."""
ACTING = ("actions", "preview", "dry run", "run")
"""The way of an action that the user chose."""
UNDOING = ("journal", "execution", "preview", "dry run", "run")
"""The way back through the journal."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the user is."""

    page: str
    in_ledger: bool = False
    reading: bool = False
    read_only: bool = False
    finding: Finding | None = None
    problems: int = 0
    plan: Plan | None = None
    planning: bool = False
    report: Report | None = None
    running: Plan | None = None
    """What runs, or ran last."""
    dry: bool = False
    """It was or is a dry run."""
    tried: bool = False
    """The plan in view went through a dry run."""
    stale: bool = False
    """What was read is not what the plan in view was made from."""
    entry: Entry | None = None
    menu: str = ""
    statement: bool = False
    """The SQL panel shows a statement of the log."""
    schema: str = ""
    """The one schema at the cursor of the list of tenants."""
    schemas: tuple[str, ...] = ()
    """The schemas that are marked there, or those at the cursor."""
    batch: Batch | None = None
    """What was done in many schemas, at the cursor of the journal."""
    many: Many | None = None
    """What is done, or to be done, in many schemas."""

    @property
    def busy(self) -> bool:
        """Whether a plan runs at this moment, in one schema or in many."""
        runs = self.running is not None and self.report is None
        return runs or (self.many is not None and self.many.running)


def recommended(finding: Finding | None) -> Offer | None:
    """Return the repair that Enter leads to."""
    if finding is None or not finding.repairs:
        return None
    return next((offer for offer in finding.repairs if offer.recommended), finding.repairs[0])


def unanswered(plan: Plan | None) -> Question | None:
    """Return the first question of a plan that still needs an answer."""
    return next((question for question in plan.asks if question.answer is None), None) if plan else None


def possible(place: Place) -> str:
    """Return why the plan in view cannot be run; the empty string when it can."""
    if place.busy:
        return "Something is running already."
    if place.plan is None:
        return "There is no plan yet; p makes the one that is recommended, r and a offer others."
    if question := unanswered(place.plan):
        return f"s answers first: {question.text}"
    if place.plan.refusal:
        return f"This plan cannot be run: {place.plan.refusal}"
    if place.read_only:
        return "The wizard was started with --read-only: nothing is written."
    return ""


def way_of(plan: Plan | None) -> tuple[str, ...]:
    """Return the way that leads to a plan and on."""
    if plan is None or plan.finding is not None:
        return HEALING
    return UNDOING if plan.repair == "undo" else ACTING


def where(place: Place) -> Spot:
    """Return where one is, and what Enter does there."""
    if place.in_ledger:
        if place.finding:
            return Spot("ledger: there is a finding about this migration", "explains it")
        return Spot("ledger: file, record and schema of each migration", "looks into this one")
    if place.page in FIXED:
        return Spot(*FIXED[place.page])
    pages = {
        "problems": at_problems,
        "explain": at_explain,
        "menu": at_menu,
        "sql": at_plan,
        "run": at_run,
        "journal": at_journal,
        "entry": at_entry,
        "dialect": at_dialect,
        "tenants": at_tenants,
        "many": at_many,
    }
    return pages[place.page](place)


def at_problems(place: Place) -> Spot:
    """Return the place at the list of problems."""
    if place.finding is None:
        return Spot("reading" if place.reading else "nothing is wrong")
    return Spot("", "explains it", HEALING, "problem")


def at_explain(place: Place) -> Spot:
    """Return the place at an explanation."""
    if place.finding is None:
        return Spot("this migration", "goes back")
    if place.reading:
        return Spot("still reading", "previews the repair after that", HEALING, "explain")
    if names_batch(place.finding):
        return Spot("", "shows what became of each schema", HEALING, "explain")
    if of_many(place.finding):
        return Spot("", "previews the repair in each schema", HEALING, "explain")
    if recommended(place.finding) is None:
        return Spot("no repair is offered", "goes to the next problem", HEALING, "explain")
    return Spot("", "previews the repair", HEALING, "explain")


def at_menu(place: Place) -> Spot:
    """Return the place at a menu."""
    if place.menu == "repairs":
        return Spot("choose; nothing is done yet", "previews the choice")
    if place.menu == "actions":
        return Spot("", "previews the choice", ACTING, "actions")
    if place.menu == "tenants":
        return Spot("choose; nothing is done yet", "shows what it would do in each")
    return Spot("choose an answer", "takes it")


def at_plan(place: Place) -> Spot:
    """Return the place at a preview."""
    if place.statement:
        return Spot("a statement of the log", "goes back")
    way = way_of(place.plan)
    if place.planning:
        return Spot("the plan is being made", "", way, "preview")
    if place.busy:
        return Spot("it is running", "shows it", way, "preview")
    if place.plan is None:
        return Spot(
            "no plan yet", "previews the repair" if recommended(place.finding) else "", way, "preview"
        )
    if unanswered(place.plan):
        return Spot("", "answers its question", way, "preview")
    if possible(place):
        return Spot("cannot be run here", "goes to the next problem", way, "preview")
    if place.stale:
        return Spot("out of date", "makes it anew", way, "preview")
    return Spot("", "asks whether to run it" if place.tried else "tries it, rolls back", way, "preview")


def at_run(place: Place) -> Spot:
    """Return the place while a plan runs, and when it has run."""
    way, at = way_of(place.running), "dry run" if place.dry else "run"
    report = place.report
    if report is None:
        return Spot("running; Ctrl+C stops it", "", way, at)
    if report.outcome == "refused" and place.stale:
        return Spot("refused", "makes the plan anew", way, at)
    if report.dry:
        if went_through(report):
            return Spot("", "asks whether to run it", way, at)
        if report.outcome == "refused":
            return Spot("not tried", "asks whether to run it", way, at)
        return Spot("would fail", "goes to the next problem", way, at)
    done = {"done": "done", "rolled-back": "rolled back", "refused": "refused", "failed": "failed"}
    word = done.get(report.outcome, report.outcome)
    came = f", {plural(len(report.gone), 'problem')} gone" if report.gone else ""
    came += f", {len(report.new)} came up" if report.new else ""
    return Spot(
        f"{word}{came}", "goes to the next problem" if place.problems else "goes to the problems", way, at
    )


def at_journal(place: Place) -> Spot:
    """Return the place at the list of executions."""
    if place.batch is not None:
        return Spot("", "shows what became of each schema", PAST, "journal")
    return Spot("", "shows the execution" if place.entry else "", UNDOING, "journal")


def at_entry(place: Place) -> Spot:
    """Return the place at one execution."""
    if is_open(place.entry, place.finding):
        return Spot("its end is not known", "says what can be done", UNDOING, "execution")
    if place.entry is not None and is_undoable(place.entry):
        return Spot("", "plans to take it back", UNDOING, "execution")
    return Spot("nothing of it is in", "goes back", UNDOING, "execution")


def at_tenants(place: Place) -> Spot:
    """Return the place at the list of tenants."""
    if not place.schemas:
        return Spot("no schema is selected")
    return Spot("", "opens this schema" if place.schema else "shows its schemas", MANY, "tenants")


def at_many(place: Place) -> Spot:
    """Return the place where something is done in many schemas."""
    return spot_of(place.many, place.read_only)


def at_dialect(place: Place) -> Spot:
    """Return the place at a migration in one dialect."""
    return Spot("what this server would run; nothing is", "goes back")


def is_open(entry: Entry | None, finding: Finding | None) -> bool:
    """Say whether a finding tells what can be done about an execution whose end is not known."""
    return entry is not None and not entry.finished and finding is not None and finding.name == UNFINISHED


def is_undoable(entry: Entry) -> bool:
    """Say whether something of an execution may be in, and has not been taken back."""
    return entry.in_place and entry.undone_by is None


# The keys at the bottom.


def hints(place: Place) -> list[Hint]:
    """Return the keys that matter, the most important first."""
    if place.busy:
        return [("Ctrl+C", "stop"), *([] if place.page == "run" else [("x", "watch")]), ("5", "log")]
    found = hints_of_page(place)
    at_root = place.page == "problems" and not place.in_ledger
    if not at_root:
        found.append(("q", "back"))
    if place.page not in ("menu", "help", "entry", "tenants", "many"):
        if place.finding and names_batch(place.finding):
            found.append(("r", "go on…"))
        elif place.finding and (place.finding.repairs or of_many(place.finding)):
            found.append(("r", "repairs"))
            if place.page != "sql":
                found.append(("p", "preview"))
        found.append(("a", "actions"))
    if place.page not in ("menu", "help", "journal", "entry") and ("u", "undo") not in found:
        found.append(("u", "journal"))
    if not place.in_ledger:
        found.append(("0", "ledger"))
    found += [("Tab", "panel"), ("/", "filter")]
    if at_root:
        found.append(("q", "quit"))
    return found


def hints_of_page(place: Place) -> list[Hint]:
    """Return the keys that matter on one page only."""
    if place.in_ledger:
        return [("Enter", "look into"), ("1", "problems"), ("Left/Right", "fold")]
    if place.page == "problems":
        return [("Enter", "explain")] if place.finding else []
    if place.page == "sql" and place.plan and not place.statement:
        asks = [("s", "answer")] if place.plan.asks else []
        return [("d", "dry run"), ("x", "run…"), *asks, ("w", "save"), ("y", "copy")]
    if place.page == "run" and place.report is not None:
        if place.report.dry:
            return [("x", "run…")]
        return [("u", "undo")] if place.report.outcome == "done" else []
    if place.page == "menu":
        typed = [(":", "arguments")] if place.menu in ("actions", "tenants") else []
        return [("Enter", "choose"), *typed]
    if place.page in ("log", "journal"):
        return [("Enter", "in full")]
    if place.page == "tenants":
        return [
            ("Enter", "open"),
            ("Space", "mark"),
            ("*", "invert"),
            ("r", "repair…"),
            ("Left/Right", "fold"),
        ]
    if place.page == "many":
        return hints_of(place.many, place.read_only)
    if place.page == "dialect":
        return [("t", "next dialect"), ("w", "save"), ("y", "copy")]
    return []
