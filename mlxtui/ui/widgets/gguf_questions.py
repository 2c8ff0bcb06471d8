"""What is asked of a GGUF file before it becomes a model: its weights, its template."""

from dataclasses import replace
from functools import partial
from typing import cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from mlxtui.gguf_words import gguf_mode_text
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.plans import Contents, JobSpec
from mlxtui.recipes import GgufMode
from mlxtui.ui.gguf_lines import form_lines, template_lines
from mlxtui.ui.plan_lines import label_cells
from mlxtui.ui.widgets.choice_row import ChoiceRow
from mlxtui.ui.widgets.plan_part import PlanPart


class GgufQuestions(Vertical):
    """Shows what both ways of taking the weights come to; hidden for other models."""

    class Changed(Message):
        """The user wants it otherwise; see `wanted`."""

    def __init__(self) -> None:
        super().__init__(id="plan-gguf")
        self._contents: Contents | None = None
        self._spec = JobSpec(source="")
        self.mode_row = ChoiceRow(id="plan-mode")
        self.template_row = ChoiceRow(id="plan-template")
        self._mode_label = Static(classes="label", markup=False)
        self._template_label = Static(classes="label", markup=False)
        self._forms = PlanPart()
        self._template_notice = PlanPart()
        self.display = False

    def compose(self) -> ComposeResult:
        with Horizontal(classes="question", id="plan-mode-question"):
            yield self._mode_label
            yield self.mode_row
        yield self._forms
        with Horizontal(classes="question", id="plan-template-question"):
            yield self._template_label
            yield self.template_row
        yield self._template_notice

    @property
    def first_row(self) -> ChoiceRow | None:
        """The first question that is asked now."""
        if self._contents is None or not self.display:
            return None
        for row in (self.mode_row, self.template_row):
            if row.parent is not None and row.parent.display:
                return row
        return None

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        for label, text in (
            (self._mode_label, _("Weights")),
            (self._template_label, _("Template")),
        ):
            label.update(text)
            label.styles.width = label_cells() - 1  # a choice begins with a space
        if self._contents is not None:
            self.ask(self._contents, self._spec)

    def ask(self, contents: Contents, spec: JobSpec) -> None:
        """Ask what there is to be asked of a file.

        Args:
            contents: What the file is.
            spec: What is wanted so far.
        """
        self._contents, self._spec = contents, spec
        # A recipe makes other weights of it in any case.
        asks_mode = bool(contents.gguf_forms) and spec.recipe.keeps_weights
        self.mode_row.choices = {
            form.mode: gguf_mode_text(form.mode) for form in contents.gguf_forms
        }
        self.mode_row.value = spec.gguf_mode
        self.query_one("#plan-mode-question").display = asks_mode
        self._forms.show_lines(
            partial(form_lines, contents.gguf_forms if asks_mode else (), spec)
        )
        offer = contents.template_offer
        families = (offer,) if offer else contents.template_families
        self.template_row.choices = {"": _("none")} | {
            family: one_line(family) for family in families
        }
        self.template_row.value = spec.chat_template
        self.query_one("#plan-template-question").display = bool(families)
        self._template_notice.show_lines(partial(template_lines, contents, spec))
        self.display = asks_mode or self._template_notice.display

    def wanted(self, spec: JobSpec) -> JobSpec:
        """A job with the present answers: they count before a message tells of them."""
        if not self.display:
            return spec
        mode = cast(GgufMode, self.mode_row.value)
        template = self.template_row.value
        return replace(spec, gguf_mode=mode, chat_template=template)

    def on_choice_row_chosen(self, message: ChoiceRow.Chosen) -> None:
        """Show what the answer means, and tell of it."""
        message.stop()
        if self._contents is not None:
            self.ask(self._contents, self.wanted(self._spec))
        self.post_message(self.Changed())
