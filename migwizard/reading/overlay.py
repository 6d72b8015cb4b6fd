"""Files that are not written yet: modules are imported, for a moment, from what they will hold."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

from ..core.sources.text_file import TextFile

Overlay = Mapping[str, str | None]
"""What some files will hold, by their paths; None for those that will be gone."""


def present(file: TextFile, overlay: Overlay) -> str:
    """Return what a file holds now, or will hold; what it held when it was read, where it cannot be read any more."""
    if file.path in overlay:
        return overlay[file.path] or ""
    try:
        return Path(file.path).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return file.content


class _Source(Loader):
    """Runs a module from a text."""

    def __init__(self, path: str, text: str, names: set[str]) -> None:
        self.path = path
        self.text = text
        self.names = names

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make the module as it makes any other."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the text in the module, and note that it came from here."""
        self.names.add(module.__name__)
        exec(compile(self.text, self.path, "exec", dont_inherit=True), module.__dict__)


class _Finder(MetaPathFinder):
    """Finds the modules and packages among files that will be."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self.names: set[str] = set()
        """Modules that were imported from here."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module will be, or None where it will not be among these files."""
        name = fullname.rpartition(".")[2]
        for folder in sys.path if path is None else path:
            inside = os.path.join(os.path.abspath(folder), name)
            for file, search in ((os.path.join(inside, "__init__.py"), [inside]), (f"{inside}.py", None)):
                text = self.overlay.get(file)
                if text is not None and not os.path.exists(file):
                    loader = _Source(file, text, self.names)
                    return spec_from_file_location(
                        fullname, file, loader=loader, submodule_search_locations=search
                    )
        return None


@contextmanager
def laid_over(overlay: Overlay) -> Iterator[None]:
    """Let new modules be imported from what their files will hold; afterwards nothing remembers them."""
    if not any(text is not None for text in overlay.values()):
        yield
        return
    finder = _Finder(overlay)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in finder.names:
            parent, _, child = name.rpartition(".")
            module = sys.modules.pop(name, None)
            if module is not None and vars(sys.modules.get(parent, object)).get(child) is module:
                delattr(sys.modules[parent], child)
