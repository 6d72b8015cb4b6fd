"""Processes of a project that take milliseconds to begin: forks of one that has everything imported.

`Nursery` starts an interpreter that imports Django and migwizard and waits. For each project it forks a room, which
opens the project; for each list of commands (see `driver`) the room forks a process, which carries them out and ends,
or is killed on the way. No connection to a database is open while a room forks.
"""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.projects import REPOSITORY, Project


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it had answered by then."""

    code: int
    """0, or minus the signal that killed it."""
    answers: list[Any]
    error: str = ""
    """The traceback of a command that raised."""


class Room:
    """A project that is open in a process of its own, from which others are forked."""

    def __init__(self, connection: socket.socket, project: Project) -> None:
        self.connection = connection
        self.stream = connection.makefile("rw", encoding="utf-8")
        self._ask({"root": str(project.root), "environment": project.process_environment()})

    def run(self, *commands: Any) -> list[Any]:
        """Carry out commands in a process forked for them, and return their answers."""
        ended = self.fork(*commands)
        assert (ended.code, ended.error) == (0, ""), ended.error or ended
        return ended.answers

    def fork(self, *commands: Any) -> Ended:
        """Carry out commands in a process forked for them, and return how it ended."""
        return self._ask({"commands": commands, "here": False})

    def here(self, *commands: Any) -> list[Any]:
        """Carry out commands in the room itself, so that whatever is forked later begins with what they have made."""
        ended = self._ask({"commands": commands, "here": True})
        assert ended.error == "", ended.error
        return ended.answers

    def close(self) -> None:
        """End the room."""
        self.stream.close()
        self.connection.close()

    def _ask(self, request: Mapping[str, Any]) -> Ended:
        self.stream.write(json.dumps(request) + "\n")
        self.stream.flush()
        answer = self.stream.readline()
        assert answer, "the room has ended; see standard error"
        return Ended(**json.loads(answer))


class Nursery:
    """The interpreter that rooms are forked from; it ends with the tests, however they end."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "nursery"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.running.forks", str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(REPOSITORY)},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline(), "the nursery did not start; see standard error"

    def room(self, project: Project) -> Room:
        """Open a project."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.path))
        return Room(connection, project)

    def close(self) -> None:
        """End it, and every room."""
        self.process.communicate(timeout=60)


def main(path: str) -> None:
    """Import everything, then fork a process for each project that is asked for until standard input ends."""
    import_all()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    gc.freeze()
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            break
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(2, 1)
            serve(connection.makefile("rw", encoding="utf-8"))
        connection.close()
    with suppress(ChildProcessError):
        while True:
            os.wait()


def import_all() -> None:
    """Import what every project needs and what asks for no settings."""
    import django.core.management.commands.makemigrations
    import django.core.management.commands.migrate
    import django.db.backends.postgresql.base
    import django.db.backends.sqlite3.base  # noqa: F401

    from tests.running import driver

    del driver


def serve(stream: IO[str]) -> None:
    """Open the project that the first line names, and carry out the commands of each further one."""
    from tests.running.driver import Driver

    driver = Driver()
    for line in stream:
        request = json.loads(line)
        if "root" in request:
            os.environ.clear()
            os.environ.update(request["environment"])
            os.chdir(request["root"])
            sys.path.insert(0, request["root"])
            ended = carry_out(driver, [["open"], ["close"]])
        elif request["here"]:
            ended = carry_out(driver, [*request["commands"], ["close"]])
            ended.answers.pop()
        else:
            ended = forked(driver, request["commands"])
        stream.write(json.dumps(vars(ended)) + "\n")
        stream.flush()
    os._exit(0)


def forked(driver: Any, commands: list[Any]) -> Ended:
    """Carry out commands in a process of their own."""
    reading, writing = os.pipe()
    gc.freeze()
    child = os.fork()
    if not child:
        # It lives for a moment, and what is not looked at need not be copied.
        gc.disable()
        os.close(reading)
        with os.fdopen(writing, "w", encoding="utf-8") as answers:
            ended = carry_out(driver, [["connect"], *commands], answers)
            answers.write(json.dumps({"error": ended.error}) + "\n")
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answers:
        lines = [json.loads(line) for line in answers]
    _, status = os.waitpid(child, 0)
    return Ended(
        os.waitstatus_to_exitcode(status),
        [line["answer"] for line in lines if "answer" in line][1:],
        "".join(line["error"] for line in lines if "error" in line),
    )


def carry_out(driver: Any, commands: list[Any], stream: IO[str] | None = None) -> Ended:
    """Carry out commands, and write each answer to a stream as soon as it is known."""
    ended = Ended(0, [])
    for name, *arguments in commands:
        try:
            with redirect_stdout(sys.stderr):
                answer = json.loads(json.dumps(getattr(driver, name)(*arguments), default=str))
        except BaseException:
            return Ended(0, ended.answers, traceback.format_exc())
        ended.answers.append(answer)
        if stream is not None:
            stream.write(json.dumps({"answer": answer}) + "\n")
            stream.flush()
    return ended


if __name__ == "__main__":
    main(sys.argv[1])
