"""How a model is to be packed: every choice on one page, with what comes of it."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from mlxtui import names, paths
from mlxtui.errors import InvalidParameter
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.plans import JobSpec
from mlxtui.recipes import Recipe
from mlxtui.types import LocalModel
from mlxtui.ui.model_standing import ModelMemory
from mlxtui.ui.quantize_facts import QuantizeFacts
from mlxtui.ui.quantize_outlook import outlook
from mlxtui.ui.recipe_choices import RecipeChoices, Row
from mlxtui.ui.screens.dialog import Dialog
from mlxtui.ui.widgets.choice_row import ChoiceRow
from mlxtui.ui.widgets.ordered_input import OrderedInput


class QuantizeForm(Dialog[JobSpec | None]):
    """Ends with what is to be made, or None; nothing is made before its plan was seen.

    Args:
        facts: The model.
        models: Those of this machine, whose names are taken.
        memory: What is free on this machine.
    """

    CSS_PATH = paths.styles_dir() / "dialogs.tcss"
    DIALOG_TITLE = N_("Quantize")
    DIALOG_HELP = N_(
        "Fewer bits per weight: a smaller and faster model that is a little less exact."
        " 4 bits in groups of 64 are the usual choice; 6 or 8 lose next to nothing.\n"
        "Mixed recipes give more bits to the layers that need them. “Fit this machine”"
        " measures each layer and takes the most that fits beside a context.\n"
        "A GGUF file is imported first, then packed. “As it is” only imports it: its"
        " plan asks whether faithfully or exactly, also where one of both is here.\n"
        "Measuring compares the result with its source on texts in English, Japanese"
        " and code, and takes a while."
    )
    DIALOG_KEYS = (
        ("↑ ↓", N_("Go to another question")),
        ("← →", N_("Take another answer")),
        ("Enter", N_("Show the plan")),
        ("Esc", N_("Leave everything as it is")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        # Before the box's own, which would only scroll.
        Binding("down", "app.focus_next", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False, priority=True),
        Binding("enter", "accept", show=False),
    ]

    def __init__(
        self,
        facts: QuantizeFacts,
        models: Sequence[LocalModel],
        memory: ModelMemory,
    ) -> None:
        super().__init__()
        self._facts = facts
        self._models = models
        self._memory = memory
        self._answers = RecipeChoices(facts)
        self._rows = {name: ChoiceRow(id=name) for name in self._answers.ROWS}
        self._name_field = OrderedInput("", compact=True, id="name")
        self._plan_button = Button(compact=True, id="yes")

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog", can_focus=False):
            yield Static(Content(one_line(self._facts.name)), classes="what")
            for name, row in self._rows.items():
                with Horizontal(classes="question", id=f"{name}-question"):
                    yield Static("", classes="label", markup=False)
                    yield row
            with Horizontal(classes="question", id="name-question"):
                yield Static(id="name-label", classes="label", markup=False)
                yield self._name_field
            yield Static("", id="outlook", markup=False)
            yield self._plan_button

    def on_mount(self) -> None:
        """The first question has the focus; Enter takes what is shown."""
        self.retranslate()
        self._rows["way"].focus()

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        box = self.query_one(".dialog")
        box.border_title = _("Quantize")
        box.border_subtitle = _("↑ ↓ move · ← → choose · Enter shows the plan")
        self.query_one("#name-label", Static).update(_("Name"))
        self._plan_button.label = Content(_("Show the plan"))
        self._show()

    @property
    def recipe(self) -> Recipe:
        """What is chosen now."""
        return self._answers.recipe

    def _show(self) -> None:
        rows = self._answers.rows()
        for name, widget in self._rows.items():
            question = self.query_one(f"#{name}-question")
            row = rows.get(name)
            question.display = row is not None
            if row is not None:
                self._show_row(question.query_one(".label", Static), widget, row)
        self._name_field.placeholder = self._default_name
        self.query_one("#name-question").display = not self._only_imports
        content = outlook(self._facts, self.recipe, self._memory)
        problem = self._problem()
        if problem:
            line = Content.styled(one_line(problem), "$text-error")
            content = Content.assemble(content, "\n", line)
        self.query_one("#outlook", Static).update(content)

    def _show_row(self, label: Static, widget: ChoiceRow, row: Row) -> None:
        label.update(row.title)
        widget.choices = row.choices
        widget.value = row.value

    @property
    def _default_name(self) -> str:
        return self._facts.alias + self.recipe.suffix()

    @property
    def _wanted_name(self) -> str:
        return self._name_field.value.strip() or self._default_name

    @property
    def _only_imports(self) -> bool:
        """Whether a GGUF file keeps its weights: its plan asks for all the rest."""
        return self._answers.way == "import"

    def _problem(self) -> str:
        """Why this cannot be made; empty when it can."""
        if self._only_imports:
            return ""  # the plan says which name it gets
        if self.recipe.keeps_weights:
            return _("Nothing would change. Choose a type, or another way.")
        try:
            names.check_new_name(self._wanted_name, self._models)
        except InvalidParameter as error:
            return f"{error.message} {error.hint}"
        return ""

    # What the user does

    def on_choice_row_chosen(self, message: ChoiceRow.Chosen) -> None:
        """Go by the answer; the other questions may be others then."""
        message.stop()
        self._answers.choose(str(message.row.id), message.value)
        self._show()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look at the name while it is typed."""
        event.stop()
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter means the same everywhere on the page."""
        event.stop()
        self.action_accept()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Enter, or a click on the button."""
        event.stop()
        self.action_accept()

    def action_accept(self) -> None:
        """Take what is shown, if it can be made."""
        if self._problem():
            self._name_field.focus()
            return
        self.dismiss(
            JobSpec(
                source=self._facts.source,
                file=self._facts.file,
                name="" if self._only_imports else self._wanted_name,
                recipe=self.recipe,
            )
        )
