"""Reads a git repository through the `git` command, and writes nothing to it: no lock, no index, no fetch."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import clean

SECONDS = 20.0
"""How long all questions to one repository may take together."""

REFS = 1000
"""How many branches, tags and stashes are looked into, the newest ones."""

BYTES = 1_000_000
"""No migration is longer; what is longer is not read."""

# Nothing that a repository's own configuration names is run, and nothing is asked of another machine.
OPTIONS = (
    "--no-pager",
    "--no-optional-locks",
    "--no-replace-objects",
    *("-c", "core.fsmonitor=false"),
    *("-c", "log.showSignature=false"),
    *("-c", "log.showRoot=true"),
    *("-c", "protocol.allow=never"),
)
ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_PAGER": "cat",
}
KEPT = ("GIT_CONFIG", "GIT_CEILING_DIRECTORIES", "GIT_EXEC_PATH", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
"""Variables of git that stand; all others may point to another repository, as inside a hook."""

KINDS = (("refs/heads/", "branch"), ("refs/remotes/", "remote branch"), ("refs/tags/", "tag"))


class GitSilent(Exception):
    """Git says nothing, for the reason given as the end of a sentence: `git is not installed`."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit did to a file."""

    commit: str
    seconds: int
    """When it was committed, in seconds since 1970."""
    subject: str
    status: str
    """`A`, `M` or `D`, as in git's own output."""
    before: str
    """Id of the text that the file had; zeros for none."""
    after: str
    path: str


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere a file may be: a commit, the index, or the part of a stash that was not tracked."""

    revision: str
    """As git takes it before a colon; `:0` for the index."""
    words: str
    seconds: int = 0


class Repository:
    """The repository whose work tree a folder is in."""

    def __init__(self, folder: Path, seconds: float = SECONDS) -> None:
        """Raise GitSilent when the folder is in no work tree, or git may not or cannot read it."""
        self.folder = folder
        self.deadline = time.monotonic() + seconds
        self.seconds = seconds
        program = shutil.which("git")
        if program is None:
            raise GitSilent("git is not installed")
        self.program = os.path.abspath(program)
        self.top = Path(os.fsdecode(self.ask("rev-parse", "--show-toplevel").removesuffix(b"\n")))
        self.shallow = self.ask("rev-parse", "--is-shallow-repository").strip() == b"true"

    def ask(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return what git answers to a command that only reads; raises GitSilent when it does not."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("GIT_") or name.startswith(KEPT)
        }
        try:
            done = subprocess.run(
                [self.program, *OPTIONS, *arguments],
                cwd=self.folder,
                env=environment | ENVIRONMENT,
                input=given,
                capture_output=True,
                timeout=max(0.1, self.deadline - time.monotonic()),
            )
        except subprocess.TimeoutExpired:
            raise GitSilent(f"git did not answer within {self.seconds:g} seconds") from None
        except OSError as error:
            raise GitSilent(f"git cannot be run: {error.strerror}") from error
        if done.returncode:
            raise GitSilent(_refusal(done.stderr.decode(errors="replace"), self.folder))
        return done.stdout

    def changes(self, names: Iterable[str]) -> tuple[Change, ...]:
        """Return what commits that anything leads to did to files of these names, in any folder, newest first."""
        stashes = [place.revision for place in self.stashes()]
        out = self.ask(
            *("log", "--all", "--full-history", "--no-renames", "--raw", "--no-abbrev", "-z"),
            *("--format=%x02%H%x00%ct%x00%s", *stashes, "--"),
            *(f":(top,glob)**/{name}" for name in names),
        )
        return tuple(_changes(iter(out.split(b"\0"))))

    def places(self) -> tuple[Place, ...]:
        """Return where files may be now: HEAD, the index, then branches, tags and stashes, newest first."""
        out = self.ask(
            *("for-each-ref", "--sort=-creatordate", f"--count={REFS}"),
            "--format=%(refname)%00%(creatordate:unix)",
            *(prefix for prefix, _ in KINDS),
        )
        found = [Place("HEAD", "HEAD"), Place(":0", "the index")]
        for line in filter(None, out.decode(errors="surrogateescape").split("\n")):
            name, _, seconds = line.partition("\0")
            prefix, kind = next(pair for pair in KINDS if name.startswith(pair[0]))
            words = f"{kind} {clean(name.removeprefix(prefix))}"
            if not (prefix == "refs/remotes/" and name.endswith("/HEAD")):
                found.append(Place(name, words, int(seconds or 0)))
        return (*found, *self.stashes())

    def stashes(self) -> tuple[Place, ...]:
        """Return every stash, and with each the files that were not tracked."""
        if not self.ask("for-each-ref", "refs/stash"):
            return ()
        out = self.ask("log", "--walk-reflogs", "-z", "--format=%H%x00%ct%x00%P", "refs/stash", "--")
        fields = out.decode().split("\0")
        found = []
        for number, (commit, seconds, parents) in enumerate(
            zip(fields[::3], fields[1::3], fields[2::3], strict=False)
        ):
            found.append(Place(commit, f"stash@{{{number}}}", int(seconds)))
            if len(parents.split()) == 3:
                found.append(Place(parents.split()[2], f"stash@{{{number}}}", int(seconds)))
        return tuple(found)

    def blobs(self, pairs: Iterable[tuple[Place, str]]) -> dict[tuple[Place, str], str]:
        """Return the id of the text of each of these files that is there."""
        asked = [(place, path) for place, path in pairs if "\n" not in path]
        given = "".join(f"{place.revision}:{path}\n" for place, path in asked)
        out = self.ask("cat-file", "--batch-check=%(objectname) %(objecttype)", given=os.fsencode(given))
        answers = [line.split(b" ") for line in out.split(b"\n")]
        return {
            pair: answer[0].decode()
            for pair, answer in zip(asked, answers, strict=False)
            if len(answer) == 2 and answer[1] == b"blob"
        }

    def texts(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the texts of some ids, without those that are no UTF-8 or longer than any migration."""
        wanted = tuple(dict.fromkeys(ids))
        given = "".join(f"{one}\n" for one in wanted).encode()
        sizes = self.ask("cat-file", "--batch-check=%(objecttype) %(objectsize)", given=given).splitlines()
        small = [
            one
            for one, line in zip(wanted, sizes, strict=True)
            if line.startswith(b"blob ") and int(line.split()[1]) <= BYTES
        ]
        out = self.ask(
            "cat-file", "--batch=%(objectsize)", given="".join(f"{one}\n" for one in small).encode()
        )
        found, at = {}, 0
        for one in small:
            end = out.index(b"\n", at)
            start, at = end + 1, end + 2 + int(out[at:end])
            try:
                found[one] = out[start : at - 1].decode()
            except UnicodeDecodeError:
                continue
        return found

    def renamed(self, commit: str) -> dict[str, str]:
        """Return what a commit renamed, by the former path."""
        out = self.ask(
            *("diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--name-status", "--no-commit-id", commit)
        )
        fields = [os.fsdecode(field) for field in out.split(b"\0")]
        return dict(zip(fields[1::3], fields[2::3], strict=False))

    def led_to_head(self, commits: Iterable[str]) -> frozenset[str]:
        """Return those of some commits that what is checked out was made from."""
        found = set()
        for commit in commits:
            try:
                self.ask("merge-base", "--is-ancestor", commit, "HEAD")
                found.add(commit)
            except GitSilent:
                if time.monotonic() > self.deadline:
                    raise
        return frozenset(found)


def _changes(fields: Iterator[bytes]) -> Iterator[Change]:
    """Yield what `git log --raw -z` says: a commit's three fields, then two fields a file."""
    commit = seconds = subject = ""
    for field in fields:
        field = field.lstrip(b"\n")
        if field.startswith(b"\x02"):
            commit, seconds = field[1:].decode(), next(fields).decode()
            subject = next(fields).decode(errors="replace")
        elif field.startswith(b":"):
            _, _, before, after, status = field.decode().split(" ")
            yield Change(commit, int(seconds), subject, status[:1], before, after, os.fsdecode(next(fields)))


def _refusal(said: str, folder: Path) -> str:
    """Return why git refused."""
    if "not a git repository" in said or "must be run in a work tree" in said:
        return "the project is in no git repository"
    if "dubious ownership" in said:
        return (
            "git does not read the repository, because it belongs to another user (`git config --global --add"
            f" safe.directory {clean(str(folder))}` would allow it)"
        )
    return f"git says: {clean(said)[:200] or 'nothing'}"
