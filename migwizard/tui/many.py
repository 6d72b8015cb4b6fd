"""What is done in many schemas at a time: the choices, one task with how far it is, and what Enter does next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migwizard.core.finding import SAFETIES, Finding, Safety
from migwizard.core.plan import Question
from migwizard.core.tenants.across import Spread
from migwizard.core.tenants.batch import (
    TRIED_WELL,
    Batch,
    SchemaResult,
    Task,
    batch_number,
    why_not_resumed,
    why_not_undone,
)

from .oneline import Hint, Spot
from .words import BEHIND, UNFINISHED, plural

if TYPE_CHECKING:
    from migwizard.batches import Survey

MANY = ("tenants", "preview", "dry run", "run")
"""The way of what is done in many schemas."""
PAST = ("journal", "batch", "preview", "dry run", "run")
"""The way from what was done in many schemas, on or back."""
BAR = 16
"""Cells of the bar that shows how far a run is."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be done in many schemas."""

    typed: str
    """As it is typed after `:`, or after `migwizard`."""
    title: str
    task: Task
    safety: Safety
    """How safe it is at worst, as far as it is known before the schemas have been looked at."""


CHOICES: tuple[Choice, ...] = (
    Choice(
        "repair --all --allow careful",
        "Repair everything, problem after problem, as recommended",
        Task(allow="careful"),
        "careful",
    ),
    Choice(
        "repair --all",
        "Repair what only takes history rows that the schema proves",
        Task(allow="safe"),
        "safe",
    ),
    Choice("migrate", "Run what the schemas lack", Task(("migrate",)), "careful"),
    Choice("fake-initial", "Record what the schemas have already", Task(("fake-initial",)), "safe"),
    Choice("prune", "Delete records without a file", Task(("prune",)), "careful"),
)
"""What can be done in any schemas, whatever is wrong there."""


def choices_of(known: Iterable[Spread], schemas: Sequence[str]) -> tuple[Choice, ...]:
    """Return the repairs of what was found in some schemas, the recommended one of each finding first."""
    found = []
    for spread in known:
        finding = spread.finding
        part = f" (in {len(spread.schemas)} of {len(schemas)})" if len(spread.schemas) < len(schemas) else ""
        for offer in sorted(finding.repairs, key=lambda offer: not offer.recommended):
            if finding.confirmed:
                typed = shlex.join(("repair", finding.id, "--with", offer.name))
                task = Task((finding.id,), offer.name)
                found.append(Choice(typed, f"{offer.title}{part}", task, offer.safety))
    return tuple(found)


def task_of(words: Sequence[str]) -> Task | str:
    """Return the task that was typed, as `FINDING --with NAME --set KEY=VALUE`, or a sentence why it is none."""
    what: list[str] = []
    given: dict[str, str] = {}
    settings: dict[str, str] = {}
    rest = list(words[1:] if words[:1] == ["repair"] else words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word == "--all":
            given[word] = word
        elif name not in ("--with", "--allow", "--set"):
            what.append(word)
        elif not equals and not rest:
            return f"{name} takes something after it."
        elif name == "--set":
            key, equals, value = (value if equals else rest.pop(0)).partition("=")
            if not equals:
                return "--set takes KEY=VALUE."
            settings[key] = value
        else:
            given[name] = value if equals else rest.pop(0)
    allow = next((safety for safety in SAFETIES if safety == given.get("--allow", "safe")), None)
    if allow is None:
        return f"--allow takes {', '.join(SAFETIES)}."
    if bool(what) == ("--all" in given):
        return "Type an action or a finding, or --all."
    return Task(tuple(what), given.get("--with"), settings, allow)


@dataclass(frozen=True, slots=True)
class Many:
    """One task for some schemas, and how far it is."""

    task: Task
    schemas: tuple[str, ...]
    number: int = 0
    """Which of the tasks it is that were looked at since the wizard was opened."""
    found: Survey | None = None
    tried: tuple[SchemaResult, ...] = ()
    every: bool = False
    """Whether the dry run was in every schema, and not only in one of those that are equal."""
    running: bool = False
    sure: bool = False
    """Whether what runs is no dry run."""
    done: tuple[int, int] = (0, 0)
    """How many schemas had their turn, and of how many."""
    doing: str = ""
    """Which schema has its turn, how many went wrong so far, and how long the rest will take."""
    batch: Batch | None = None
    """What became of it."""
    opened: bool = False
    """Whether that was done before, and was opened from the journal."""
    resumes: Batch | None = None
    """The interrupted batch that it goes on with."""
    before: Many | None = None
    """What was in view before it, where going back leads to."""

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        task, more = self.task, ""
        if task.repair:
            more = f" --with {task.repair}"
        elif self.repeats and task.allow != "safe":
            more = f" --allow {task.allow}"
        title = f"{task.title}{more}"
        return f"resume {self.resumes.name} ({title})" if self.resumes is not None else title

    @property
    def ready(self) -> bool:
        """Whether it can be tried or run."""
        if self.found is None or self.running or self.batch is not None:
            return False
        # A batch may have been killed after its last schema: then only its end is missing.
        return bool(self.found.turns) or self.resumes is not None

    @property
    def looking(self) -> bool:
        """Whether the schemas are still being looked at."""
        return self.found is None and self.batch is None

    @property
    def loses(self) -> bool:
        """Whether something may be lost that cannot be taken back."""
        return bool(self.found and self.found.loses) or (self.repeats and self.task.allow == "destructive")

    @property
    def repeats(self) -> bool:
        """Whether finding after finding is repaired, and not one thing done."""
        return not self.task.what and self.task.undoes is None

    @property
    def asks(self) -> tuple[Question, ...]:
        """What its plans ask, each question once."""
        plans = [one.plan for one in self.found.planned if one.plan is not None] if self.found else []
        return tuple({question.key: question for plan in plans for question in plan.asks}.values())

    @property
    def unanswered(self) -> Question | None:
        """The first question that needs an answer and has none."""
        return next((question for question in self.asks if question.answer is None), None)

    @property
    def unworkable(self) -> int:
        """In how many schemas the dry run went wrong."""
        return sum(result.outcome not in TRIED_WELL for result in self.tried)

    @property
    def resumable(self) -> bool:
        """Whether the batch in view can be gone on with."""
        return self.batch is not None and not why_not_resumed(self.batch)

    @property
    def undoable(self) -> bool:
        """Whether the batch in view can be taken back."""
        return self.batch is not None and not why_not_undone(self.batch)


def names_batch(finding: Finding | None) -> bool:
    """Tell whether a finding is about a batch that was interrupted."""
    name, _, subject = finding.id.partition(":") if finding is not None else ("", "", "")
    return name == UNFINISHED and batch_number(subject) is not None


def of_many(finding: Finding | None) -> bool:
    """Tell whether a finding is repaired in other schemas than the one that was read."""
    return names_batch(finding) or (finding is not None and finding.name == BEHIND)


def spot_of(many: Many | None, read_only: bool) -> Spot:
    """Return where one is with a task, and what Enter does there."""
    if many is None:
        return Spot("nothing is to be done", "goes back to the tenants")
    past = many.resumes is not None or many.task.undoes is not None or many.opened
    way = PAST if past else MANY
    if many.batch is not None:
        return after(many, way)
    if many.running:
        doing = many.doing or "Ctrl+C stops it"
        return Spot(f"{bar(*many.done)} {doing}", "", way, "run" if many.sure else "dry run")
    if many.found is None:
        return Spot("the schemas are being looked at", "", way, "preview")
    if not many.ready:
        return Spot("there is nothing to do", "goes back", way, "preview")
    if many.unanswered is not None:
        return Spot("", "answers its question", way, "preview")
    if read_only:
        return Spot("read-only: nothing is written", "goes back", way, "preview")
    if many.tried:
        return Spot("", "asks whether to run it", way, "dry run")
    return Spot("", "tries each plan, rolls back", way, "preview")


def after(many: Many, way: tuple[str, ...]) -> Spot:
    """Return the place at what became of a batch."""
    at = "batch" if many.opened else "run"
    if many.resumable:
        return Spot("interrupted", "looks at what is left", way, at)
    if many.opened and many.undoable:
        return Spot("", "looks at what would take it back", way, at)
    return Spot("", "goes back" if many.opened else "goes back to the tenants", way, at)


def bar(done: int, total: int) -> str:
    """Return how far it is, as a bar and in numbers."""
    full = BAR * done // total if total else 0
    return f"[{'#' * full}{'.' * (BAR - full)}] {done:,}/{total:,}"


def hints_of(many: Many | None, read_only: bool) -> list[Hint]:
    """Return the keys that matter at a task."""
    if many is None:
        return []
    if many.batch is not None:
        found = [("r", "go on…")] if many.resumable else []
        return found + ([("u", "undo")] if many.undoable else [])
    if not many.ready:
        return []
    asks = [("s", "answer")] if many.asks and many.resumes is None else []
    others = many.found is not None and len(many.found.turns) > len(many.found.firsts)
    once = others and many.tried and not many.every
    run = [] if read_only else [("d", "try in every schema" if once else "dry run"), ("x", "run…")]
    return [*asks, *run, ("w", "save")]


def named(schemas: Sequence[str], most: int = 6) -> str:
    """Return schemas by their names; of many, the first ones and how many more."""
    more = len(schemas) - most
    shown = ", ".join(schemas[:most])
    return f"{plural(len(schemas), 'schema')}: {shown}{f' and {more:,} more' if more > 0 else ''}"
