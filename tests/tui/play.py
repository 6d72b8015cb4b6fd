"""The wizard on a made-up situation: `python -m tests.tui.play [many] [endless] [read-only]`."""

from __future__ import annotations

import sys

from migwizard.tui import run

from .fakes import FakeWorkbench, many, situation_of


def main(words: list[str]) -> int:
    """Run it, and say on standard error how the workbench was left."""
    situation = many(5000) if "many" in words else situation_of()
    findings = () if "many" in words else FakeWorkbench().findings
    bench = FakeWorkbench(situation, findings, endless="endless" in words)
    status = run(lambda: bench, read_only="read-only" in words)
    done = f"closed={bench.closed} committed={bench.committed} threads={len(bench.threads)}"
    sys.stderr.write(f"{done} django={'django' in sys.modules}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
