"""Plans: asking for one, trying it, confirming it, running it."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len

from migwizard.core.finding import Finding
from migwizard.core.graph import Key
from migwizard.core.plan import Plan

from .answers import Answers
from .jobs import Wanted
from .menu import Item
from .preview import losses_in_words
from .prompt import LEAST_TYPED
from .runs import went_through
from .safe import clip, safe
from .walk import possible, recommended
from .words import dotted, key_of, plural, short_name


class Deeds(Answers):
    """What the keys do that leads to a plan, and from a plan to its run."""

    def action_preview(self) -> None:
        """Plan the recommended repair of the selected problem, and show it."""
        if self.still_reading(self.action_preview):
            return
        offer = recommended(self.finding)
        if self.finding is None or offer is None:
            self.say("No repair is offered here; a lists every action on the selection.")
            return
        self.make_plan(Wanted(self.finding, offer.name))

    def make_plan(self, wanted: Wanted) -> None:
        """Ask for a plan, and go to where it will be shown."""
        if self.here().busy:
            self.say("Something is running already; x shows it.")
            return
        self.before_plan = (self.plan if self.page == "sql" else None, self.wanted)
        self.plan, self.statement, self.planning, self.wanted = None, None, True, wanted
        if self.page == "menu":
            self.way = [place for place in self.way if place != ("sql", False)]
            self.show_page("sql", in_ledger=False)
        elif self.page != "sql" or self.in_ledger:
            self.enter_page("sql")
        else:
            self.show_page("sql")
        self.plans_asked += 1
        job = wanted.job(str(self.plans_asked))
        self.ask(job.name, *job.arguments, subject=job.subject)

    def plan_again(self) -> None:
        """Make the plan in view anew, from what is known now."""
        wanted = self.wanted
        if wanted is None:
            return
        if (old := wanted.finding) is not None:
            found = next((finding for finding in self.problems.all if finding.id == old.id), None)
            if found is None:
                self.say(f"{old.id} is not there any more.")
                self.next_problem((old.id,))
                return
            wanted = Wanted(found, wanted.repair, wanted.arguments, wanted.settings)
        self.leave_page("run")
        self.make_plan(wanted)

    def next_problem(self, gone: tuple[str, ...]) -> None:
        """Go to the list of problems, with the next one selected."""
        following = self.next_after(gone)
        self.way, self.plan = [], None
        if not self.here().busy:
            self.report, self.running = None, None
        self.show_page("problems", in_ledger=False)
        self.choose(following or self.problems.finding())
        self.show_lines()

    def next_after(self, gone: tuple[str, ...]) -> Finding | None:
        """Return the finding after the selected one that is still there, from the top at the end."""
        open_ones = [finding for finding in self.problems.findings if finding.id not in gone]
        if self.finding is None or self.finding not in self.problems.findings:
            return open_ones[0] if open_ones else None
        at = self.problems.findings.index(self.finding)
        later = [finding for finding in self.problems.findings[at:] if finding.id not in gone]
        return later[0] if later else open_ones[0] if open_ones else None

    def still_reading(self, then: Callable[[], None]) -> bool:
        """Say that repairs are not known yet, while that is so, and do `then` as soon as they are."""
        if not self.whole:
            self.after_reading = (self.finding.id if self.finding else None, then)
            self.say("Still reading; this follows by itself, unless another key is pressed.")
        return not self.whole

    # Menus.

    def action_repairs(self) -> None:
        """Offer the repairs of the selected problem."""
        if self.still_reading(self.action_repairs):
            return
        if self.finding is None:
            self.say("No problem is selected; a lists every action on the selection.")
            return
        items = tuple(
            Item(offer.name, offer.title, offer.safety, offer.recommended) for offer in self.finding.repairs
        )
        self.open_menu("repairs")
        self.menu.show(items, "No repair is offered: a person must decide. Enter on the problem says why.")
        self.show_lines()

    def action_menu(self) -> None:
        """Offer every action on the selection."""
        if self.still_reading(self.action_menu):
            return
        self.open_menu("actions")
        self.menu.show((), "Looking for what is possible.")
        self.ask("actions", self.selected_key(), self.finding, subject="menu")
        self.show_lines()

    def selected_key(self) -> Key | None:
        """Return the selected migration; with an empty name, the app that is selected or found wanting."""
        if self.in_ledger or self.finding is None:
            row = self.ledger.row()
            return (row.key or (row.app, "")) if row is not None else None
        app = self.finding.subject.app
        return key_of(self.finding) or ((app, "") if app else None)

    def open_menu(self, purpose: str) -> None:
        """Show the menu page for a purpose."""
        self.menu.purpose = purpose
        if self.page == "menu" and not self.in_ledger:
            self.show_page("menu")
        else:
            self.enter_page("menu")

    # Trying, confirming and running.

    def plan_in_view(self) -> Plan | None:
        """Return the plan that is shown: its preview, or its dry run."""
        if self.page == "run" and self.report is not None and self.report.dry and self.plan is self.running:
            return self.plan
        return self.plan if self.page == "sql" and self.statement is None else None

    def may_run(self) -> Plan | None:
        """Return the plan in view if it can be run or tried; else do what comes before that, or say why not."""
        if self.here().busy:
            if self.page != "run":
                self.enter_page("run")
        elif self.planning and self.page == "sql" and self.statement is None:
            # Not the recommended repair instead of the one that was chosen.
            self.say("The plan is still being made; nothing can be run before it is shown.")
        elif (plan := self.plan_in_view()) is None:
            # Nothing runs unseen.
            self.action_preview()
        elif reason := possible(self.here()):
            self.say(reason)
        else:
            return plan
        return None

    def action_dry_run(self) -> None:
        """Try the plan in view and roll it back; where that may be felt by others, ask first."""
        plan = self.may_run()
        if plan is None:
            return
        if why := self.why_not_try(plan):
            about, question = why
            self.say(about)
            self.ask_user("try", f" {question} y tries it, any other key does not:", single=True)
        else:
            self.start(plan, dry=True)

    def why_not_try(self, plan: Plan) -> tuple[str, str] | None:
        """Return what a dry run does that its rollback does not take back, in two sentences; None for most plans."""
        situation = self.reading.situation if self.reading else None
        if situation is None:
            return None
        if keys := situation.code_in(plan.steps):
            more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
            return (
                f"{dotted(keys[0])}{more}: code of its own runs.",
                "Outside the database it is not undone.",
            )
        database = situation.database
        heavy = any(step.kind in ("operation", "sql") for step in plan.steps)
        if heavy and (database.production or not database.local):
            return ("Others who use these tables wait while it is tried.", "It holds its locks till then.")
        return None

    def action_run_plan(self) -> None:
        """Ask whether to run the plan in view; where none is, show the recommended one."""
        plan = self.may_run()
        if plan is None:
            return
        about = " ".join(filter(None, (self.why_to_type(plan), self.about_run(plan))))
        if name := self.name_to_type(plan):
            question = f" To run it type the database's name, {name}:"
            if cell_len(question) > self.size.width - LEAST_TYPED:
                about, question = f"The database is {name}. {about}", " To run it type the database's name:"
            self.say(about)
            self.ask_user("name", question)
        else:
            self.say(about)
            steps, answers = plural(len(plan.steps), "step"), "? y runs, any other key does not:"
            # Of a long name a part is enough here; the answers must be legible.
            room = self.size.width - len(f" Run {steps} on {answers}") - 3
            name = clip(self.database_name(), max(8, room), self.look.glyphs.cut)
            self.ask_user("sure", f" Run {steps} on {name}{answers}", single=True)

    def about_run(self, plan: Plan) -> str:
        """Return in a line what is about to be run, how safe it is, and whether it was tried."""
        tried = "the dry run went through" if self.here().tried else "not tried yet (Esc, d)"
        if not (lost := losses_in_words(plan)):
            return f"{plan.safety}, {tried}: {plan.title}"
        more = f", and {len(lost) - 1} more of the kind" if len(lost) > 1 else ""
        return f"{lost[0]}{more}; {tried}."

    def why_to_type(self, plan: Plan) -> str:
        """Return why one key is not enough; empty where it is."""
        database = self.reading.situation.database if self.reading else None
        if plan.safety == "destructive":
            return "Data will be lost:" if losses_in_words(plan) else "Data will be lost."
        if database is None or (database.local and not database.production):
            return ""
        return "A production database." if database.production else "Not a local database."

    def name_to_type(self, plan: Plan) -> str:
        """Return the name that confirms a plan; empty where one key is enough."""
        return self.database_name() if self.why_to_type(plan) else ""

    def database_name(self) -> str:
        """Return the database's name as it is shown, and so as it can be typed."""
        return safe(short_name(self.reading.situation.database), self.look.ascii) if self.reading else ""

    def start_if(self, confirmed: bool, *, dry: bool) -> None:
        """Run or try the plan in view, if that was confirmed."""
        plan = self.plan_in_view()
        if not confirmed or plan is None or possible(self.here()):
            self.say("Nothing was run.")
        else:
            self.start(plan, dry=dry)

    def start(self, plan: Plan, *, dry: bool) -> None:
        """Run a plan, or try it."""
        self.running, self.dry, self.report, self.ran, self.stopping = plan, dry, None, [], False
        if self.page == "run":
            self.show_page("run", in_ledger=False)
        else:
            self.enter_page("run")
        self.ask("dry_run" if dry else "execute", plan)

    def forward_from_run(self) -> None:
        """Go on from what became of a run or a dry run."""
        report = self.report
        if report is None:
            return
        if report.outcome == "refused" and self.stale():
            self.plan_again()
        elif report.dry and (went_through(report) or report.outcome == "refused"):
            self.action_run_plan()
        elif report.dry:
            self.next_problem((report.plan.finding,) if report.plan.finding else ())
        else:
            self.next_problem(report.gone)
            if came := self.one_of(report.new):
                self.choose(came)
                self.show_lines()

    def action_stop(self) -> None:
        """Interrupt the workbench."""
        if self.job is None:
            self.say("Nothing is running; q quits.")
        else:
            self.stopping = True
            self.interrupt_bench()
            kept = "what was replayed so far is kept" if self.job.replays else ""
            self.say(f"Asked to stop; {kept or 'what is not committed is rolled back'}.")
