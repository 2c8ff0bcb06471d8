"""Everything that is known of one model, or why it cannot be used."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from mlxtui.types import LocalModel
from mlxtui.ui.model_facts import low_text, tall_text
from mlxtui.ui.model_standing import ModelMemory, Standing


class ModelDetails(VerticalScroll, can_focus=True):
    """A quiet panel: a list of facts where it is tall, a few lines where it is low."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = Content("")

    def compose(self) -> ComposeResult:
        yield Static("", markup=False)

    def show_model(
        self,
        model: LocalModel | None,
        standing: Standing,
        memory: ModelMemory,
        *,
        is_tall: bool,
    ) -> None:
        """Show a model; what is shown already is not drawn again."""
        content = Content("")
        if model is not None:
            form = tall_text if is_tall else low_text
            content = form(model, standing, memory)
        if not content.is_same(self._shown):
            self._shown = content
            self.query_one(Static).update(content)
