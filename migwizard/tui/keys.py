"""Every key, what it does in a sentence, and the word under which the command line of the wizard knows it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One thing that can be done from the keyboard."""

    keys: str
    """As Textual names them, separated by commas."""
    shown: str
    """As the user knows them."""
    action: str
    sentence: str
    word: str = ""
    """What to type after `:` for the same; empty for what makes no sense there."""


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Keys that belong together, under a heading of the help."""

    title: str
    keys: tuple[KeyHelp, ...]


GROUPS: tuple[KeyGroup, ...] = (
    KeyGroup(
        "The wizard's way",
        (
            KeyHelp(
                "enter",
                "Enter",
                "forward",
                "Goes one step further: explain, preview the recommended repair, dry run, run, the next problem.",
            ),
            KeyHelp("escape", "Esc", "back", "Goes back to where you came from; ends a filter first."),
            KeyHelp(
                "q", "q", "leave", "Goes back like Esc; where there is nothing to go back to, quits.", "quit"
            ),
            KeyHelp("r", "r", "repairs", "Offers the repairs of the selected problem.", "repairs"),
            KeyHelp(
                "a",
                "a",
                "menu",
                "Offers every action on the selection; what is impossible now says why.",
                "actions",
            ),
            KeyHelp(
                "p",
                "p",
                "preview",
                "Shows what the recommended repair would do, without doing it.",
                "preview",
            ),
            KeyHelp(
                "d",
                "d",
                "dry_run",
                "Tries the previewed plan: runs it, shows each statement, and rolls it back.",
                "dry-run",
            ),
            KeyHelp(
                "x",
                "x",
                "run_plan",
                "Runs the previewed plan, after a confirmation: y, or the database's name where data may be lost "
                "or the database is not a local one.",
                "run",
            ),
            KeyHelp(
                "s", "s", "answer", "Answers what the previewed plan asks, or changes an answer.", "answer"
            ),
            KeyHelp(
                "t",
                "t",
                "dialect",
                "Shows the SQL of the selected migration for this database, and, pressed again, for others.",
                "dialects",
            ),
            KeyHelp(
                "T",
                "T",
                "tenants",
                "Shows all tenants of a project with django-tenants in groups; Enter opens one, Space marks, r repairs "
                "the marked ones or the group, and : takes what is typed for them.",
                "tenants",
            ),
            KeyHelp(
                "u",
                "u",
                "journal",
                "Shows the journal of what was run here; directly after a run, plans to take that back.",
                "journal",
            ),
            KeyHelp(
                "ctrl+c", "Ctrl+C", "stop", "Stops what is running; a repair is rolled back where possible."
            ),
        ),
    ),
    KeyGroup(
        "Moving",
        (
            KeyHelp("j,down", "j Down", "step(1)", "Moves down one row, or scrolls a text."),
            KeyHelp("k,up", "k Up", "step(-1)", "Moves up one row."),
            KeyHelp("ctrl+d", "Ctrl+D", "page(0.5)", "Moves down half a page."),
            KeyHelp("ctrl+u", "Ctrl+U", "page(-0.5)", "Moves up half a page."),
            KeyHelp("pagedown,ctrl+f", "PgDn", "page(1.0)", "Moves down a page."),
            KeyHelp("pageup", "PgUp", "page(-1.0)", "Moves up a page."),
            KeyHelp("g,home", "g Home", "ends(False)", "Moves to the beginning."),
            KeyHelp("G,end", "G End", "ends(True)", "Moves to the end."),
            KeyHelp("right", "Right", "fold(False)", "Unfolds the selected app in the ledger."),
            KeyHelp("left", "Left", "fold(True)", "Folds the selected app."),
            KeyHelp("slash", "/", "filter", "Filters a list, or finds in a text."),
            KeyHelp("n", "n", "match(1)", "Goes to the next match."),
            KeyHelp("N", "N", "match(-1)", "Goes to the match before."),
            KeyHelp("space", "Space", "mark", "Marks a row; y and w then take all marked ones."),
            KeyHelp(
                "asterisk",
                "*",
                "invert",
                "Marks every row that is not marked, and takes the other marks off.",
            ),
        ),
    ),
    KeyGroup(
        "Panels",
        (
            KeyHelp(
                "0",
                "0",
                "ledger",
                "Goes to the ledger: all migrations with file, record and schema.",
                "ledger",
            ),
            KeyHelp("1", "1", "panel('problems')", "Shows the problems, the gravest first.", "problems"),
            KeyHelp(
                "2",
                "2",
                "panel('database')",
                "Shows the tables of the selection, live against expected.",
                "database",
            ),
            KeyHelp("3", "3", "panel('explain')", "Explains the selected problem or migration.", "explain"),
            KeyHelp("4", "4", "panel('sql')", "Shows the plan: steps, SQL, risks, undo.", "sql"),
            KeyHelp("5", "5", "panel('log')", "Shows every statement that was run, reads included.", "log"),
            KeyHelp(
                "tab",
                "Tab",
                "next_panel(1)",
                "Shows the next panel; the ledger keeps the keys if it has them.",
            ),
            KeyHelp("shift+tab", "Shift+Tab", "next_panel(-1)", "Shows the panel before."),
            KeyHelp("z", "z", "zoom", "Gives the whole screen to the ledger or the panel, and back.", "zoom"),
        ),
    ),
    KeyGroup(
        "Everything else",
        (
            KeyHelp("y", "y", "copy", "Copies the plan as a script, or the text or rows in view.", "copy"),
            KeyHelp("w", "w", "save", "Writes the same to a file, and asks to which.", "save"),
            KeyHelp("R", "R", "read", "Reads project and database again, with a replay if need be.", "read"),
            KeyHelp("colon,ctrl+p", ": Ctrl+P", "palette", "Takes the name of an action; Tab completes it."),
            KeyHelp("question_mark", "?", "help", "Shows this page.", "help"),
            KeyHelp("ctrl+z", "Ctrl+Z", "suspend", "Suspends the wizard; fg brings it back."),
            KeyHelp("ctrl+l", "Ctrl+L", "redraw", "Draws the screen again."),
        ),
    ),
)

KEYS: tuple[KeyHelp, ...] = tuple(key for group in GROUPS for key in group.keys)
COMMANDS = {key.word: key.action for key in KEYS if key.word}
"""What can be typed after `:` besides the names of actions."""


def bindings() -> list[Binding]:
    """Return Textual's bindings for all keys."""
    return [Binding(key.keys, key.action, key.sentence, show=False) for key in KEYS]
