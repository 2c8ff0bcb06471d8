"""What an empty conversation shows: who answers, and what to ask."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widgets import Static

from mlxtui import paths
from mlxtui.harmless import harmless, one_line
from mlxtui.i18n import _
from mlxtui.ui.model_state import ModelState


class Welcome(Vertical):
    """Gone at the first question."""

    model_state: reactive[ModelState] = reactive(ModelState())

    def compose(self) -> ComposeResult:
        yield Static("mlxtui", classes="title", markup=False)
        yield Static("", classes="who", markup=False)
        yield Static("", classes="examples", markup=False)
        yield Static(
            _("Ctrl+O chooses another model · F1 shows all keys · Ctrl+Q leaves"),
            classes="keys",
            markup=False,
        )

    def watch_model_state(self, state: ModelState) -> None:
        """Introduce the model that answers."""
        self.query_one(".who", Static).update(_who(state))
        examples = self.query_one(".examples", Static)
        examples.update("\n".join(f"› {text}" for text in example_questions()))
        examples.display = _is_guide(state)


def _is_guide(state: ModelState) -> bool:
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
    if _is_guide(state):
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
