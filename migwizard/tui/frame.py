"""A box around other widgets that draws nothing itself."""

from __future__ import annotations

from textual.containers import Container
from textual.geometry import Region


class Frame(Container):
    """A container whose change of size does not send its contents a second time.

    Textual lays a container out again after its size changed, and repaints all of it; what is in it has been drawn at
    its new place by then. Over SSH that is 2.5 KB for nothing.
    """

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Frame:
        """Lay out again where that was asked for, but paint nothing."""
        super().refresh(*regions, repaint=False, layout=layout, recompose=recompose)
        return self
