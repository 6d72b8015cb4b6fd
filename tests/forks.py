"""Python processes that take milliseconds to begin: forks of an interpreter that has Django and migwizard imported.

Starting Python and importing Django takes longer than most of what the tests let a process do. `run` does what
`subprocess.run` does with a module, a script or code, in a fork of an interpreter that is started once; nothing of a
project is imported there, and no connection is open.
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

REPOSITORY = Path(__file__).parent.parent

ESTABLISHED = ("PYTHONPATH", "PYTHONIOENCODING", "PYTHONDONTWRITEBYTECODE")
"""Variables that Python reads at its start; they are as the first interpreter had them, or the process is no fork."""

_interpreters: list[Interpreter] = []


def run(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str], input: str, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run `-m MODULE`, `-c CODE` or `SCRIPT` with arguments in a folder, and return how it ended.

    Raises:
        subprocess.TimeoutExpired: when it takes longer than so many seconds.
    """
    if not _interpreters:
        _interpreters.append(Interpreter(environment))
    if not _interpreters[0].fits(environment):
        return subprocess.run(
            [sys.executable, *command],
            cwd=cwd,
            env=environment,
            input=input,
            timeout=timeout,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
    return _interpreters[0].run(command, cwd, environment, input, timeout)


@contextmanager
def talk(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str]
) -> Iterator[tuple[IO[str], IO[str]]]:
    """Start what `run` would run, and yield its standard input and output; at the end it must have ended well."""
    if not _interpreters:
        _interpreters.append(Interpreter(environment))
    assert _interpreters[0].fits(environment)
    with _interpreters[0].talk(command, cwd, environment) as streams:
        yield streams


class Interpreter:
    """The interpreter that is forked; it ends with the tests, however they end."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.established = [environment.get(name) for name in ESTABLISHED]
        # A socket's path has at most 107 characters, so not pytest's own temporary folder.
        self.folder = tempfile.TemporaryDirectory(prefix="migwizard-forks-")
        self.path = os.path.join(self.folder.name, "socket")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks", self.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={**environment, "PYTHONPATH": str(REPOSITORY)},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline(), "the interpreter did not start; see standard error"
        atexit.register(self.close)

    def fits(self, environment: Mapping[str, str]) -> bool:
        """Tell whether a process in this environment would start like the interpreter."""
        own = {name for name in environment if name.startswith("PYTHON")} <= {*ESTABLISHED, *os.environ}
        return own and [environment.get(name) for name in ESTABLISHED] == self.established

    def run(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], input: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Do what the function `run` does."""
        with tempfile.TemporaryDirectory(prefix="migwizard-fork-") as folder:
            files = [os.path.join(folder, name) for name in ("in", "out", "err")]
            for path, text in zip(files, (input, "", ""), strict=True):
                Path(path).write_text(text, encoding="utf-8")
            with self.started(command, cwd, environment, files, timeout) as (process, stream):
                try:
                    code = int(stream.readline())
                except TimeoutError:
                    os.kill(process, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(command, timeout) from None
            out, err = (Path(path).read_text(encoding="utf-8") for path in files[1:])
        return subprocess.CompletedProcess(command, code, out, err)

    @contextmanager
    def talk(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str]
    ) -> Iterator[tuple[IO[str], IO[str]]]:
        """Do what the function `talk` does."""
        with tempfile.TemporaryDirectory(prefix="migwizard-fork-") as folder:
            files = [os.path.join(folder, name) for name in ("in", "out")]
            for path in files:
                os.mkfifo(path)
            error = os.path.join(folder, "err")
            Path(error).touch()
            with (
                self.started(command, cwd, environment, [*files, error], None) as (_, stream),
                open(files[0], "w", encoding="utf-8") as write,
                open(files[1], encoding="utf-8") as read,
            ):
                yield write, read
                write.close()
                assert (int(stream.readline()), Path(error).read_text()) == (0, "")

    @contextmanager
    def started(
        self,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        files: Sequence[str],
        timeout: float | None,
    ) -> Iterator[tuple[int, IO[str]]]:
        """Start a process; yield its number, and a stream with a line that tells how it ended."""
        request = {"command": command, "cwd": str(cwd), "environment": dict(environment), "files": files}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(self.path)
            stream = connection.makefile("rw", encoding="utf-8")
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            yield int(stream.readline()), stream

    def close(self) -> None:
        """End it."""
        with suppress(subprocess.TimeoutExpired):
            self.process.communicate(timeout=60)
        self.folder.cleanup()


def main(path: str) -> None:
    """Import everything, then serve every connection in a fork until standard input ends."""
    import_all()
    # They are short, and have the memory: the collector would take a tenth of their time.
    gc.disable()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while sys.stdin not in (ready := select.select([listener, sys.stdin], [], [])[0]):
        assert ready
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(connection)
        connection.close()


def import_all() -> None:
    """Import what every process needs and what asks for no settings: all of migwizard but the screen."""
    import django.core.management.commands.makemigrations
    import django.core.management.commands.migrate
    import django.db.backends.postgresql.base
    import django.db.backends.sqlite3.base  # noqa: F401

    for path in sorted((REPOSITORY / "migwizard").rglob("*.py")):
        place = path.relative_to(REPOSITORY).with_suffix("").parts
        if place[1] not in ("tui", "lessons") and place[-1] != "__main__":
            import_module(".".join(part for part in place if part != "__init__"))


def serve(connection: socket.socket) -> None:
    """Run what one connection asks for in a process of its own, and tell its number and how it ended."""
    stream = connection.makefile("rw", encoding="utf-8")
    request = json.loads(stream.readline())
    child = os.fork()
    if not child:
        connection.close()
        os._exit(carry_out(**request))
    stream.write(f"{child}\n")
    stream.flush()
    _, status = os.waitpid(child, 0)
    stream.write(f"{os.waitstatus_to_exitcode(status)}\n")
    with suppress(OSError):
        stream.flush()
    os._exit(0)


def carry_out(command: list[str], cwd: str, environment: dict[str, str], files: list[str]) -> int:
    """Be the process, and return its exit status."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    for number, path in enumerate(files):
        os.dup2(os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND), number)
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding=encoding)  # type: ignore[type-var]
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding=encoding)
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), encoding, "backslashreplace", write_through=True
    )
    try:
        status = exit_status(lambda: start(command))
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return status


def start(command: list[str]) -> None:
    """Run what stands behind the name of the interpreter."""
    what, *arguments = command
    if what == "-m":
        sys.path.insert(0, os.getcwd())
        sys.argv = arguments
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    elif what == "-c":
        sys.path.insert(0, "")
        sys.argv = ["-c", *arguments[1:]]
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(arguments[0], "<string>", "exec"), module.__dict__)
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(what)))
        sys.argv = command
        runpy.run_path(what, run_name="__main__")


def exit_status(action: Any) -> int:
    """Return the status with which Python would end after an action."""
    try:
        action()
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return (error.code or 0) & 0xFF
        print(error.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main(sys.argv[1])
