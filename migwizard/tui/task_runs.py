"""One task for many schemas: its dry run, the question, the run, and what its plans ask."""

from __future__ import annotations

from dataclasses import replace

from migwizard.core.plan import Question

from .many import Many
from .preview import losses_in_words
from .tasks import Tasks


class TaskRuns(Tasks):
    """What the keys do that tries a task or runs it."""

    # Trying and running.

    def action_dry_run(self) -> None:
        """Try the plan in view; of a task, in one of each group of equal schemas, and then in every one."""
        many = self.many
        if many is not None and many.running:
            self.show_many()
        elif self.page == "tenants" and not self.in_ledger:
            self.say("Nothing is planned for these schemas yet; r offers what can be done.")
        elif self.page != "many" or self.in_ledger:
            super().action_dry_run()
        elif many is not None and many.ready and not self.held_up():
            if why := self.why_not_try_many(many):
                about, question = why
                self.say(about)
                self.ask_user("many-try", f" {question} y tries it, any other key does not:", single=True)
            else:
                self.try_task(many)

    def why_not_try_many(self, many: Many) -> tuple[str, str] | None:
        """Return what the rollback of a dry run does not take back, of the first plan where there is such a thing."""
        plans = (one.plan for one in many.found.planned if one.plan is not None) if many.found else ()
        return next((why for plan in plans if (why := self.why_not_try(plan)) is not None), None)

    def try_task(self, many: Many) -> None:
        """Try a task: first in one of each group of equal schemas, the second time in every one."""
        every = bool(many.tried)
        self.stopping = False
        self.many = replace(many, running=True, sure=False, every=every, done=(0, 0), doing="")
        self.ask("try_many", many.found, many.task, not every, subject=str(many.number))

    def held_up(self) -> bool:
        """Say why the task in view can be neither tried nor run, if that is so."""
        question = self.many.unanswered if self.many is not None else None
        if self.read_only:
            self.say("The wizard was started with --read-only: nothing is written.")
        elif question is not None:
            self.say(f"s answers first: {question.text}")
        return self.read_only or question is not None

    def action_run_plan(self) -> None:
        """Ask whether to run the plan in view, or the task."""
        many = self.many
        here = self.page == "tenants" and not self.in_ledger
        if many is not None and (many.running or (here and many.tried and many.ready)):
            # A dry run that ended while something else was looked at is not lost.
            self.show_many()
        elif here:
            self.say("Nothing is planned for these schemas yet; r offers what can be done.")
        elif self.page != "many" or self.in_ledger:
            super().action_run_plan()
        elif many is not None and many.ready and many.found is not None and not self.held_up():
            turns = len(many.found.turns)
            count = f"{turns:,} schema{'' if turns == 1 else 's'}"
            why = self.why_to_type_for(many)
            self.say(f"{why} {many.title}: each schema in a transaction of its own. {trial(many)}".strip())
            if why:
                self.ask_user("many-name", f" To run it in {count} type the database's name:")
            else:
                self.ask_user("many", f" Run it in {count}? y runs, any other key does not:", single=True)

    def why_to_type_for(self, many: Many) -> str:
        """Return why one key is not enough to run a task, and which name is to be typed; empty where it is."""
        database = self.reading.situation.database if self.reading else None
        reasons = []
        if many.loses:
            plans = [one.plan for one in many.found.planned if one.plan is not None] if many.found else []
            lost = [words for plan in plans for words in losses_in_words(plan)]
            more = f" and {len(lost) - 1:,} more" if len(lost) > 1 else ""
            reasons.append(f"Data will be lost: {lost[0]}{more}." if lost else "Data may be lost.")
        if database is not None and (database.production or not database.local):
            reasons.append(f"{'A production database' if database.production else 'Not a local database'}.")
        return f"{' '.join(reasons)} The database is {self.database_name()}." if reasons else ""

    def answered_for_many(self, purpose: str, text: str | None) -> None:
        """Run a task if that was confirmed, or take an answer to what its plans ask."""
        many = self.many
        if purpose == "many-answer":
            self.answer_for_many(text)
            return
        wanted = self.database_name() if purpose == "many-name" else "y"
        if not text or text != wanted or many is None or not many.ready:
            self.say("Nothing was run.")
            return
        if purpose == "many-try":
            self.try_task(many)
            return
        self.stopping = False
        self.many = replace(many, running=True, sure=True, done=(0, 0), doing="")
        if many.resumes is not None:
            self.ask("go_on_many", many.resumes.id, many.found, subject=str(many.number))
        else:
            self.ask("run_many", many.task, many.found, subject=str(many.number))

    # What the plans ask.

    def action_answer(self) -> None:
        """Answer what the plans in view ask, or change an answer."""
        if self.page != "many" or self.in_ledger or self.many is None:
            super().action_answer()
        elif not self.many.asks or not self.many.ready:
            self.say("These plans ask nothing.")
        elif self.many.resumes is not None:
            self.say(
                "A batch is gone on with as it was begun; in one schema alone, its plan can be answered."
            )
        else:
            self.ask_for_many(self.many.unanswered or self.many.asks[0])

    def ask_for_many(self, question: Question) -> None:
        """Ask one question of the plans."""
        self.answering = question.key
        self.say(f"{question.text} It counts for all of these schemas.")
        self.ask_user("many-answer", f" {question.key}:", text=question.answer or "")
        self.prompt.offer(question.choices)

    def answer_for_many(self, text: str | None) -> None:
        """Look anew what the task would do, with an answer."""
        many = self.many
        if text is None or many is None:
            self.say("The plans stay as they are.")
            return
        task = replace(many.task, settings={**many.task.settings, self.answering: text.strip()})
        self.take_task(Many(task, many.schemas, before=many.before))


def trial(many: Many) -> str:
    """Return in a sentence what is not as it should be before a run: no dry run, or one that would not work."""
    if not many.tried:
        return "Not tried yet (Esc, d)."
    bad = many.unworkable
    return f"In the dry run, {bad} of {len(many.tried)} would not work." if bad else ""
