"""The list of findings, the gravest first."""

from __future__ import annotations

from migwizard.core.finding import SEVERITIES, Finding

from .lines import Lines
from .look import Look
from .safe import Spans, clip
from .words import dotted, key_of, plural


class Problems(Lines):
    """What is wrong: two lines a finding, its name and what it says of this database."""

    tall = 2

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.all: tuple[Finding, ...] = ()
        self.findings: tuple[Finding, ...] = ()
        self.filter = ""
        self.reading = True

    def show(self, findings: tuple[Finding, ...], *, reading: bool) -> None:
        """Show other findings; the selected one stays selected if it is still there."""
        chosen = self.finding()
        self.all = tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
        self.reading = reading
        self.gather()
        ids = [finding.id for finding in self.findings]
        self.renew(ids.index(chosen.id) if chosen and chosen.id in ids else 0)

    def gather(self) -> None:
        """List the findings that the filter lets through."""
        self.findings = tuple(
            finding
            for finding in self.all
            if self.filter in f"{finding.name} {finding.id} {finding.summary}".lower()
        )

    def narrow(self, text: str) -> None:
        """Show only findings that hold a text; all with the empty one."""
        chosen = self.finding()
        self.filter = text.lower()
        self.gather()
        self.renew(self.findings.index(chosen) if chosen in self.findings else 0)
        self.post_message(self.Moved(self))

    def finding(self) -> Finding | None:
        """Return the selected finding."""
        return self.findings[self.cursor] if self.cursor < len(self.findings) else None

    def select(self, finding: Finding) -> None:
        """Go to a finding."""
        if finding in self.findings:
            self.go(self.findings.index(finding))

    def following(self, gone: tuple[str, ...]) -> Finding | None:
        """Return the finding to look at next: the gravest that is not known to be gone, infos left aside."""
        return next(
            (finding for finding in self.all if finding.id not in gone and finding.severity != "info"), None
        )

    def count(self) -> int:
        """Return the number of findings; one line says that there is none."""
        return len(self.findings) or 1

    def words(self, index: int) -> str:
        """Return a finding in one line."""
        if not self.findings:
            return ""
        finding = self.findings[index]
        return f"{finding.severity} {finding.id}: {finding.summary}"

    def name_of(self, index: int) -> str:
        """Return a finding's id."""
        return self.findings[index].id if self.findings else ""

    def position(self) -> str:
        """Return where the cursor is."""
        return super().position() if self.findings else ""

    def draw(self, index: int, line: int, width: int) -> Spans:
        """Return the name of a finding, or the line below it: what it says."""
        glyphs = self.look.glyphs
        if not self.findings:
            return ((self.nothing() if line == 0 else "", "quiet" if self.reading else "ok"),)
        finding = self.findings[index]
        if line:
            return (("  " + clip(finding.summary, width - 2, glyphs.cut), "plain"),)
        sign = {"error": glyphs.error, "warning": glyphs.warning, "info": glyphs.info}[finding.severity]
        key = key_of(finding)
        subject = finding.subject
        about = dotted(key) if key else subject.table or subject.app or ""
        left = f"{sign} {finding.severity:<7} {finding.name}"
        note = "" if finding.confirmed else "unconfirmed"
        note = note or (plural(len(finding.repairs), "repair") if finding.repairs else "")
        room = width - len(left) - len(note) - 4
        return (
            (clip(left, width, glyphs.cut), finding.severity),
            ("  " + clip(about, room, glyphs.cut) if room > 6 else "", "strong"),
            (f"  {note}" if note and room > 6 else "", "quiet"),
        )

    def nothing(self) -> str:
        """Return the sentence for an empty list."""
        if self.reading:
            return "Reading the database; problems appear here as they are found."
        if self.all:
            return (
                f"No problem holds the text that is filtered for; {plural(len(self.all), 'problem')} in all."
            )
        return "Nothing is wrong: files, records and schema agree."
