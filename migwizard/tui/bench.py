"""The one thread on which everything happens that touches the database."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from textual.message import Message

from migwizard.core.plan import Ran
from migwizard.workbench import CannotRun, Reading, Unreplayed

from .jobs import Answer, Deferred, Failure, Job, Progress, Started, StatementsRan
from .workbench import Workbench


@dataclass(order=True, slots=True)
class Queued:
    """A job in its place in the queue."""

    rank: int
    number: int
    job: Job | None = field(compare=False)


END, URGENT, IDLE, REPLAY, AFTER = range(-1, 4)
"""Ranks in the queue; the last is of what had to wait for a replay."""

FAR = (
    "tenants",
    "known",
    "survey",
    "survey_rest",
    "survey_back",
    "try_many",
    "run_many",
    "go_on_many",
)
"""Methods that go over many schemas, and tell how far they are."""

Post = Callable[[Message], object]


class BenchThread(threading.Thread):
    """The thread that owns the workbench, and with it the database connection, for its whole life.

    Django's connections belong to threads, so there is exactly one. It reports by posting messages and never waits
    for the screen: with a stalled terminal, waiting inside a transaction would hold its locks for ever.
    """

    PROGRESS_EVERY = 0.25
    """Seconds between two reports of progress; more would only cost bytes."""
    QUIET = 2.0
    """Seconds without a job after which a replay goes on: keys that follow each other need not stop it each time."""

    def __init__(self, factory: Callable[[], Workbench], post: Post) -> None:
        super().__init__(name="migwizard-workbench", daemon=True)
        self.factory = factory
        self.post = post
        self.waiting: queue.PriorityQueue[Queued] = queue.PriorityQueue()
        self.numbers = itertools.count()
        self.bench: Workbench | None = None
        self.halted = threading.Event()
        self.order = threading.Condition()
        """Held while it is decided what is done next: what is asked for meanwhile must not be overlooked."""
        self.current: Job | None = None
        self.replays = 0
        """Number of jobs with a replay that run or wait."""
        self.paused = False
        """The replay that runs, or ran last, was asked to make way."""
        self.reported = 0.0
        self.latest: Progress | None = None
        """How far it is, until that is reported."""
        self.soon: threading.Timer | None = None
        self.ran: list[Ran] = []
        self.later: threading.Timer | None = None
        self.reporting = threading.Lock()

    def ask(self, job: Job) -> None:
        """Put a job into the queue; a replay that is running makes way for what the user asked for."""
        rank = REPLAY if job.replays else URGENT if job.urgent else IDLE
        with self.order:
            self.replays += job.replays
            self.put(rank, job)
            self.order.notify()
            if rank == URGENT and self.current is not None and self.current.replays:
                self.paused = True
                if self.bench is not None:
                    self.bench.pause()

    def put(self, rank: int, job: Job) -> None:
        """Put a job into its place in the queue."""
        self.waiting.put(Queued(rank, next(self.numbers), job))

    def interrupt(self) -> None:
        """Ask the running job to stop: a transaction is then rolled back."""
        if self.bench is not None:
            self.bench.cancel()

    def halt(self) -> None:
        """Stop for good: interrupt the running job, start no other, close the connection."""
        self.halted.set()
        self.interrupt()
        self.waiting.put(Queued(END, next(self.numbers), None))
        with self.order:
            self.order.notify()

    def run(self) -> None:
        """Do one job after the other until the end is asked for."""
        try:
            while (queued := self.waiting.get()).job is not None and not self.halted.is_set():
                if self.begin(queued.job):
                    self.do(queued.job)
        finally:
            if self.bench is not None:
                try:
                    self.bench.close()
                except Exception as error:  # the process ends; there is nobody left to tell but the log
                    self.post(Failure(Job("close"), sentence_of(error)))

    def begin(self, job: Job) -> bool:
        """Make a job the current one; a replay is put back if something else waits, or comes soon."""
        with self.order:
            if job.replays:
                if self.paused and not any(queued.rank == AFTER for queued in self.waiting.queue):
                    self.order.wait_for(self.something_waits, self.QUIET)
                if self.something_waits():
                    self.put(REPLAY, job)
                    return False
            self.current = job
            self.paused = self.paused and not job.replays
            stop = getattr(self.bench, "stop", None)
            if isinstance(stop, threading.Event) and not self.halted.is_set():
                stop.clear()
        return True

    def something_waits(self) -> bool:
        """Tell whether something is to be done before a replay."""
        return bool(self.waiting.queue) and self.waiting.queue[0].rank < REPLAY

    def do(self, job: Job) -> None:
        """Do one job and post what came of it."""
        self.post(Started(job))
        message: Message | None
        try:
            message = Answer(job, self.call(job))
        except Unreplayed as error:
            message = Deferred(job, sentence_of(error))
        except Exception as error:
            message = Failure(job, sentence_of(error))
        with self.reporting:
            # Of a job that is done, nobody wants to know how far it is.
            self.latest = None
        message = self.end(job, message)
        if message is not None:
            self.post(message)

    def end(self, job: Job, message: Message) -> Message | None:
        """Return what is posted of a job that was done; put it back if it made way, or has to wait for a replay."""
        with self.order:
            self.current = None
            if isinstance(message, Deferred):
                if not self.replays:
                    return Failure(job, message.sentence)
                self.put(AFTER, job)
            if not job.replays:
                return message
            if self.paused and isinstance(message, Answer) and not was_replayed(message.value):
                self.put(REPLAY, job)
                return None
            self.replays -= 1
            return message

    def call(self, job: Job) -> object:
        """Call the workbench's method that a job names."""
        if self.bench is None:
            self.bench = self.factory()
        if job.name in FAR:
            return getattr(self.bench, job.name)(*job.arguments, self.progress)
        if job.name == "read":
            return self.bench.read(self.progress, bool(job.arguments[0]))
        if job.name in ("dry_run", "execute"):
            try:
                return getattr(self.bench, job.name)(*job.arguments, self.heard)
            finally:
                self.flush()
        return getattr(self.bench, job.name)(*job.arguments)

    def heard(self, ran: Ran) -> None:
        """Report a statement of the running plan, together with others that follow at once."""
        with self.reporting:
            self.ran.append(ran)
            if self.later is None:
                # Not only with the next statement: that may take minutes, and this one be what people wait to see.
                self.later = threading.Timer(self.PROGRESS_EVERY, self.flush)
                self.later.daemon = True
                self.later.start()

    def flush(self) -> None:
        """Report the statements that have not been reported yet."""
        with self.reporting:
            if self.later is not None:
                self.later.cancel()
                self.later = None
            ran, self.ran = tuple(self.ran), []
            if ran:
                self.post(StatementsRan(ran))

    def progress(self, text: str, done: int, total: int) -> None:
        """Report how far the reading is, but not too often."""
        with self.reporting:
            self.latest = Progress(text, done, total)
            wait = self.reported + self.PROGRESS_EVERY - time.monotonic()
            if wait <= 0 or done == total:
                self.report_progress()
            elif self.soon is None:
                # What is said last must not be lost: it may be the name of what takes minutes.
                self.soon = threading.Timer(wait, self.report_soon)
                self.soon.daemon = True
                self.soon.start()

    def report_soon(self) -> None:
        """Report how far it is by now."""
        with self.reporting:
            self.report_progress()

    def report_progress(self) -> None:
        """Report what was said last, if it was not reported yet; the lock is held."""
        latest, self.latest = self.latest, None
        if self.soon is not None:
            self.soon.cancel()
            self.soon = None
        if latest is not None:
            self.reported = time.monotonic()
            self.post(latest)


def was_replayed(value: object) -> bool:
    """Tell whether a reading came to the end of its replay."""
    return isinstance(value, Reading) and value.situation.compared == "replayed"


def sentence_of(error: BaseException) -> str:
    """Return what an exception says in one line: its own text for those meant to be read, else with its type."""
    text = " ".join(str(error).split())
    if isinstance(error, CannotRun):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
