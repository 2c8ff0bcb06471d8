"""Everything that the hub says of one repository, and its card."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from mlxtui.ui.hub_descriptions import Described, Description
from mlxtui.ui.hub_facts import problem_text, repository_text, waiting_text
from mlxtui.ui.hub_rows import HubRow
from mlxtui.ui.widgets.card_text import CardText


class HubDetails(VerticalScroll, can_focus=True):
    """A panel that scrolls, by keys when it has the focus."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = Content("")
        self._address = ""

    def compose(self) -> ComposeResult:
        yield Static("", markup=False)
        yield CardText()

    def show_repository(self, row: HubRow | None, known: Description | None) -> None:
        """Show a repository; what is shown already is not drawn again."""
        card = ""
        if row is None:
            content = Content("")
        elif isinstance(known, Described):
            content, card = repository_text(row, known), known.repository.card
        elif known is not None:
            content = problem_text(row, known)
        else:
            content = waiting_text(row)
        self.query_one(CardText).show_card(card)
        if not content.is_same(self._shown):
            self._shown = content
            self.query_one(Static).update(content)
        address = row.address if row else ""
        if address != self._address:
            self._address = address
            self.scroll_home(animate=False)
