"""The colours of code, found in another thread and kept for a while."""

from mlxtui.ui.markdown.blocks import Fence
from mlxtui.ui.markdown.code import CodeRuns

_KEPT_FENCES = 256


class CodeColours:
    """Remembers the coloured lines of the last blocks of code."""

    def __init__(self) -> None:
        self._known: dict[Fence, tuple[CodeRuns, ...] | None] = {}
        self.wanted: dict[Fence, None] = {}
        """Code whose colours were asked for and are not known."""

    def __call__(self, fence: Fence) -> tuple[CodeRuns, ...] | None:
        if fence in self._known:
            colours = self._known[fence] = self._known.pop(fence)
            return colours
        if fence.language:
            self.wanted[fence] = None
        return None

    def keep(self, fence: Fence, colours: tuple[CodeRuns, ...] | None) -> None:
        """Remember what was found; None for code that stays without colours."""
        self._known[fence] = colours
        if len(self._known) > _KEPT_FENCES:
            del self._known[next(iter(self._known))]
