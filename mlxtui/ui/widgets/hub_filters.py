"""The line that says which repositories are looked for, and in which order."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style

from mlxtui.i18n import N_, _
from mlxtui.repositories import SearchQuery
from mlxtui.ui.hub_search import DEFAULT_QUERY
from mlxtui.ui.widgets.line_widget import LineWidget

_GAP = "   "

# Each group: its title, its field of the query, and the values with their words.
_Group = tuple[str, str, Mapping[Any, str]]

_KINDS: _Group = (
    N_("Kind"),
    "kind",
    {
        None: N_("all"),
        "text": N_("text"),
        "embedding": N_("embedding"),
        "vision": N_("vision"),
        "adapter": N_("adapter"),
    },
)
_FORMATS: _Group = (
    N_("Format"),
    "weight_format",
    {None: N_("all"), "mlx": "MLX", "gguf": "GGUF", "safetensors": "safetensors"},
)
_ORDERS: _Group = (
    N_("Sorted by"),
    "order",
    {
        "downloads": N_("downloads"),
        "likes": N_("likes"),
        "updated": N_("date"),
        "size": N_("size"),
    },
)
GROUPS: dict[str, _Group] = {"kind": _KINDS, "format": _FORMATS, "order": _ORDERS}
"""By the name that the place's actions use."""


class HubFilters(LineWidget):
    """All words of a group where there is room, else the chosen one; a click takes the
    word, or the next one."""

    PREFIX = "hub-filters"
    COMPONENT_CLASSES = {
        "hub-filters--title", "hub-filters--chosen", "hub-filters--other",
    }  # fmt: skip

    sought: reactive[SearchQuery] = reactive(DEFAULT_QUERY)
    """Its words are not shown here."""

    class Changed(Message):
        """The user looks for something else."""

        def __init__(self, query: SearchQuery) -> None:
            super().__init__()
            self.query = query

    def render(self) -> Content:
        """One line, as much of it as there is room for."""
        width = self.content_size.width
        for is_whole, has_titles in ((True, True), (False, True), (False, False)):
            content = self._content(is_whole=is_whole, has_titles=has_titles)
            if content.cell_length <= width:
                break
        return content

    def _content(self, *, is_whole: bool, has_titles: bool) -> Content:
        groups = []
        for name, (title, field, words) in GROUPS.items():
            value = getattr(self.sought, field)
            heading = f"{_(title)} " if has_titles else ""
            parts = [Content.styled(heading, self.part_style("title"))]
            for choice, word in words.items():
                is_chosen = choice == value
                if not (is_chosen or is_whole):
                    continue
                style = self.part_style("chosen" if is_chosen else "other")
                style += Style(reverse=is_chosen)
                click = Style.from_meta({"group": name, "choice": choice})
                parts.append(Content.styled(f" {_shown(word)} ", style + click))
            groups.append(Content("").join(parts))
        return Content(_GAP).join(groups)

    def take_next(self, group: str) -> None:
        """Take the next word of a group."""
        _title, field, words = GROUPS[group]
        values = list(words)
        place = values.index(getattr(self.sought, field))
        self._take(field, values[(place + 1) % len(values)])

    def take_named(self, group: str, text: str) -> bool:
        """Take the word that begins with a text; False when there is none."""
        _title, field, words = GROUPS[group]
        wanted = text.strip().casefold()
        for value, word in words.items():
            named = (str(value or "all"), _shown(word))
            if any(name.casefold().startswith(wanted) for name in named):
                self._take(field, value)
                return True
        return False

    def on_click(self, event: events.Click) -> None:
        """Take the word under the mouse; of a single one, the next."""
        meta = event.style.meta
        if "group" not in meta:
            return
        _title, field, _words = GROUPS[meta["group"]]
        if meta["choice"] == getattr(self.sought, field):
            self.take_next(meta["group"])
        else:
            self._take(field, meta["choice"])

    def _take(self, field: str, value: object) -> None:
        self.sought = replace(self.sought, **{field: value})  # type: ignore[arg-type]
        self.post_message(self.Changed(self.sought))


def words_of_group(group: str) -> str:
    """What can be named in a group."""
    return ", ".join(_shown(word) for word in GROUPS[group][2].values())


def _shown(word: str) -> str:
    return _(word)
