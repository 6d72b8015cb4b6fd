"""What the workbench's thread is given to do, and the messages with which it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from textual.message import Message

from migwizard.core.finding import Finding
from migwizard.core.plan import Ran


@dataclass(frozen=True, slots=True)
class Job:
    """Something for the workbench to do: the name of one of its methods, and the arguments."""

    name: str
    arguments: tuple[object, ...] = ()
    subject: str = ""
    """What the answer is for; an answer for something that is no longer shown is dropped by the screen."""
    urgent: bool = True
    """False for jobs that wait until nothing else does."""

    @property
    def replays(self) -> bool:
        """Whether it may replay, for minutes: it gives way to whatever the user asks for, and goes on afterwards."""
        return self.name == "read" and self.arguments[:1] == (True,)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plan was asked for, so that it can be asked for again: a repair with its answers, or an undo."""

    finding: Finding | None = None
    repair: str = ""
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    undo: int | None = None
    """Number of the execution to take back."""

    def job(self, subject: str) -> Job:
        """Return the job that makes the plan."""
        if self.undo is not None:
            return Job("undo", (self.undo,), subject)
        return Job("plan", (self.finding, self.repair, self.arguments, self.settings), subject)


class Answer(Message):
    """The result of a job."""

    def __init__(self, job: Job, value: object) -> None:
        super().__init__()
        self.job = job
        self.value = value


class Failure(Message):
    """A job that could not be done, and why, in one sentence."""

    def __init__(self, job: Job, sentence: str) -> None:
        super().__init__()
        self.job = job
        self.sentence = sentence


class Started(Message):
    """A job has begun; the ones before it are done."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job


class Deferred(Message):
    """A job that can only be done after the replay, which follows now; and why, in one sentence."""

    def __init__(self, job: Job, sentence: str) -> None:
        super().__init__()
        self.job = job
        self.sentence = sentence


class Progress(Message):
    """How far the reading is."""

    def __init__(self, text: str, done: int, total: int) -> None:
        super().__init__()
        self.text = text
        self.done = done
        self.total = total


class StatementsRan(Message):
    """Some of a plan's statements were executed."""

    def __init__(self, ran: tuple[Ran, ...]) -> None:
        super().__init__()
        self.ran = ran
