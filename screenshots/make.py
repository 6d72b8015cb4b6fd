"""Makes the pictures of this folder from the real wizard, on the demo's project: `python screenshots/make.py`.

`--text` prints the same screens as text instead.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from migwizard import lessons
from migwizard.reading.reader import Options
from migwizard.tui.app import WizardApp
from migwizard.workbench import Workbench

HERE = Path(__file__).parent
ENVIRON = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}

PICTURES: tuple[tuple[str, tuple[int, int], str], ...] = (
    ("opening", (80, 24), ""),
    ("explain", (80, 24), "enter"),
    ("preview", (80, 24), "enter enter"),
    ("dry-run", (80, 24), "enter enter enter"),
    ("confirm", (80, 24), "enter enter enter enter"),
    ("done", (80, 24), "enter enter enter enter y"),
    ("journal", (80, 24), "enter enter enter enter y 1 u enter"),
    ("side-by-side", (140, 36), "2"),
)
"""Name of the picture, size of the terminal, keys to press."""


async def settled(app: WizardApp, pause: Callable[[float], Awaitable[None]]) -> None:
    """Wait until the workbench has nothing to do."""
    while not app.wizard.whole or app.wizard.pending > 0:
        if app.wizard.fatal:
            raise SystemExit(app.wizard.fatal)
        await pause(0.05)


async def picture(size: tuple[int, int], keys: str) -> tuple[str, str]:
    """Return one screen as SVG and as text; each begins with a project of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = lessons.make(lessons.FIRST, Path(folder) / "shop")
        app = WizardApp(lambda: Workbench(Options(root=root)), environ=ENVIRON)
        async with app.run_test(size=size) as pilot:
            await settled(app, pilot.pause)
            for key in keys.split():
                await pilot.press(key)
                await pilot.pause()
                await settled(app, pilot.pause)
            await pilot.pause(0.3)
            text = "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())
            svg = app.export_screenshot(title="migwizard")
        app.bench.halt()
        app.bench.join(10)
    return svg, text


def main() -> None:
    """Write every picture, or print every screen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", action="store_true", help="print the screens as text")
    parser.add_argument("names", nargs="*", help="only these pictures")
    arguments = parser.parse_args()
    wanted = [picture for picture in PICTURES if not arguments.names or picture[0] in arguments.names]
    if len(wanted) > 1:
        # Django can be set up for one project in a process.
        for name, _size, _keys in wanted:
            text = ["--text"] if arguments.text else []
            subprocess.run([sys.executable, __file__, *text, name], check=True)
        return
    for name, size, keys in wanted:
        svg, text = asyncio.run(picture(size, keys))
        if arguments.text:
            print(f"--- {name} {size[0]}x{size[1]}\n{text}\n")
        else:
            (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")
            print(HERE / f"{name}.svg")


if __name__ == "__main__":
    main()
