"""What an empty conversation shows: who answers, and what to ask."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widgets import Static

from mlxtui import paths
from mlxtui.harmless import harmless, one_line
from mlxtui.i18n import _
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.widgets.line_widget import LineWidget
from mlxtui.ui.widgets.prose import Prose


class Proposals(LineWidget):
    """Questions to begin with, each a click or a ↓ away."""

    PREFIX = "proposals"
    COMPONENT_CLASSES = {"proposals--hint"}

    class Chosen(Message):
        """A question was clicked on."""

        def __init__(self, question: str) -> None:
            super().__init__()
            self.question = question

    def render(self) -> Content:
        """A line for each, under the hint."""
        hint = _("↓ proposes a question:")
        lines = [Content.styled(hint, self.part_style("hint"))]
        for number, question in enumerate(example_questions()):
            click = Style.from_meta({"@click": f"choose({number})"})
            lines.append(Content(f"› {question}").stylize(click))
        return Content("\n").join(lines)

    def action_choose(self, number: int) -> None:
        """Ask a question that was clicked on."""
        self.post_message(self.Chosen(example_questions()[number]))


class Welcome(Vertical):
    """Hidden at the first question."""

    model_state: reactive[ModelState] = reactive(ModelState())

    def compose(self) -> ComposeResult:
        yield Static("mlxtui", classes="title", markup=False)
        yield Prose(classes="who")
        yield Proposals()
        yield Prose(classes="keys")

    def watch_model_state(self) -> None:
        """Introduce the model that answers."""
        self.retranslate()

    def retranslate(self) -> None:
        """Show every text in the language in use."""
        state = self.model_state
        self.query_one(".who", Static).update(_who(state))
        proposals = self.query_one(Proposals)
        proposals.display = is_guide(state)
        proposals.refresh(layout=True)
        self.query_one(".keys", Static).update(
            _("Ctrl+O chooses another model · F1 explains · Ctrl+Q leaves")
        )


def is_guide(state: ModelState) -> bool:
    """Whether the built-in model answers, or will."""
    if state.loaded is None:
        return state.loading_name == "guide"
    return state.loaded.path == paths.guide_model_dir()


def _who(state: ModelState) -> str:
    if state.phase == "failed":
        return harmless("\n".join(filter(None, (state.message, state.hint))))
    if state.phase == "none":
        return _("No model is loaded.")
    if not state.name:
        return _("Looking for the model…")
    if is_guide(state):
        return _("You are talking to guide, a tiny model that knows only this app.")
    text = _("You are talking to {name}.").format(name=one_line(state.name))
    if state.loaded is not None and not state.loaded.has_chat_template:
        text += " " + _("It has no chat template: it continues your text.")
    return text


def example_questions() -> tuple[str, ...]:
    """What a newcomer may ask first; a test holds that the guide knows the answers."""
    return (
        _("What can I do here?"),
        _("How do I use another model?"),
        _("Which keys are there?"),
    )
