"""The wizard's way: where one is, what Enter does next, and which keys matter there."""

from __future__ import annotations

from dataclasses import dataclass

from migwizard.core.finding import Finding, Offer
from migwizard.core.plan import Plan, Report

from .oneline import Hint
from .words import plural

PANELS = ("problems", "database", "explain", "sql", "log")
"""The panels of the keys 1 to 5."""
EXTRA = ("menu", "run", "help")
"""Pages that are shown in the panel's place for a while."""


FIXED = {
    "database": ("database: live against expected", "explains the selection"),
    "log": ("log: every statement that was run", "shows one in full"),
    "menu": ("choose; nothing is done yet", "previews the choice"),
    "help": ("help: every key", "goes back"),
}
"""Where one is on pages that always say the same, and what Enter does there."""


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
    running: bool = False
    statement: bool = False
    """The SQL panel shows a statement of the log."""


def recommended(finding: Finding | None) -> Offer | None:
    """Return the repair that Enter leads to."""
    if finding is None or not finding.repairs:
        return None
    return next((offer for offer in finding.repairs if offer.recommended), finding.repairs[0])


def possible(place: Place) -> str:
    """Return why the plan in view cannot be run; the empty string when it can."""
    if place.plan is None:
        return "There is no plan yet; p makes the one that is recommended, r and a offer others."
    if place.plan.refusal:
        return f"This plan cannot be run: {place.plan.refusal}"
    if place.read_only:
        return "The wizard was started with --read-only: nothing is written."
    if place.running:
        return "Something is running already."
    return ""


def where(place: Place) -> tuple[str, str]:
    """Return where one is, and what Enter does there; each is short enough for 80 columns together."""
    if place.in_ledger:
        if place.finding:
            return ("ledger: there is a finding about this migration", "explains it")
        return ("ledger: file, record and schema of each migration", "looks into this one")
    if place.page in FIXED:
        return FIXED[place.page]
    steps = {"problems": at_problems, "explain": at_explain, "sql": at_plan, "run": at_run}
    return steps[place.page](place)


def at_problems(place: Place) -> tuple[str, str]:
    """Return the place at the list of problems."""
    if place.finding is None:
        return ("reading" if place.reading else "nothing is wrong", "")
    return ("step 1 of 5: choose a problem", "explains it")


def at_explain(place: Place) -> tuple[str, str]:
    """Return the place at an explanation."""
    if place.finding is None:
        return ("this migration", "goes back")
    offer = recommended(place.finding)
    if offer is None:
        return ("step 2 of 5: no repair is offered", "goes to the next problem")
    return ("step 2 of 5: what happened", "previews the recommended repair")


def at_plan(place: Place) -> tuple[str, str]:
    """Return the place at a preview."""
    if place.statement:
        return ("a statement of the log", "goes back")
    if place.planning:
        return ("step 3 of 5: the plan is being made", "")
    if place.plan is None:
        return (
            "step 3 of 5: no plan yet",
            "previews the recommended repair" if recommended(place.finding) else "",
        )
    if possible(place):
        return ("step 3 of 5: preview, cannot be run here", "goes to the next problem")
    return ("step 3 of 5: preview, nothing is done yet", "asks whether to run it")


def at_run(place: Place) -> tuple[str, str]:
    """Return the place while a plan runs, and when it has run."""
    if place.report is None:
        return ("step 4 of 5: running; Ctrl+C stops it", "")
    done = {"done": "done", "rolled-back": "rolled back", "refused": "refused", "failed": "failed"}
    word = done.get(place.report.outcome, place.report.outcome)
    gone = f", {plural(len(place.report.gone), 'problem')} gone" if place.report.gone else ""
    return (
        f"step 5 of 5: {word}{gone}",
        "goes to the next problem" if place.problems else "goes to the problems",
    )


def hints(place: Place) -> list[Hint]:
    """Return the keys that matter, the most important first."""
    found: list[Hint] = []
    if place.in_ledger:
        found += [("Enter", "look into"), ("1", "problems"), ("Left/Right", "fold")]
    elif place.page == "problems" and place.finding:
        found += [("Enter", "explain")]
    elif place.page == "sql" and place.plan and not place.statement:
        found += [("x", "run…"), ("w", "save"), ("y", "copy")]
    elif place.page in ("menu", "log"):
        found += [("Enter", "preview" if place.page == "menu" else "in full")]
    if place.running:
        return [("Ctrl+C", "stop"), ("5", "log")]
    at_root = place.page == "problems" and not place.in_ledger
    if not at_root:
        found.append(("q", "back"))
    if place.page not in ("menu", "help") and place.finding and place.finding.repairs:
        found += [("r", "repairs")]
        if place.page != "sql":
            found.append(("p", "preview"))
    if place.page not in ("menu", "help"):
        found.append(("a", "actions"))
    if not place.in_ledger:
        found.append(("0", "ledger"))
    found += [("Tab", "panel"), ("/", "filter")]
    if at_root:
        found.append(("q", "quit"))
    return found
