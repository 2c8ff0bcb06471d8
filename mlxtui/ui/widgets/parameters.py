"""The side panel: system prompt and sampling parameters of the conversation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static, Switch, TextArea

from mlxtui.errors import InvalidParameter
from mlxtui.i18n import N_, _
from mlxtui.sampling import RANGES, SamplingParams
from mlxtui.ui.widgets.ordered_input import OrderedInput
from mlxtui.ui.widgets.ordered_keys import OrderedTextArea


def _number(name: str) -> Callable[[str], float | int]:
    def parse(text: str) -> float | int:
        return int(text) if RANGES[name].integer else float(text)

    return parse


def _stop_texts(text: str) -> tuple[str, ...]:
    """Texts separated by blanks around `|`; `\\n` stands for a line break."""
    parts = [part.strip().replace("\\n", "\n") for part in text.split("|")]
    return tuple(part for part in parts if part)


def _logit_bias(text: str) -> Mapping[int, float]:
    """`15: -100, 42: 3.5`."""
    pairs = [pair.partition(":") for pair in text.split(",") if pair.strip()]
    return {int(token): float(bias) for token, _colon, bias in pairs}


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    label: str
    """Marked with `N_`."""
    parse: Callable[[str], Any]
    form: str = ""
    """What may be typed, where it is not a range; marked with `N_`."""


_FIELDS = (
    _Field("temperature", N_("Temperature"), _number("temperature")),
    _Field("top_p", N_("Top p"), _number("top_p")),
    _Field("top_k", N_("Top k"), _number("top_k")),
    _Field("min_p", N_("Min p"), _number("min_p")),
    _Field("max_tokens", N_("Tokens at most"), _number("max_tokens")),
    _Field("seed", N_("Seed"), _number("seed")),
    _Field(
        "repetition_penalty", N_("Repetition penalty"), _number("repetition_penalty")
    ),
    _Field("presence_penalty", N_("Presence penalty"), _number("presence_penalty")),
    _Field("frequency_penalty", N_("Frequency penalty"), _number("frequency_penalty")),
    _Field("penalty_window", N_("Penalty window"), _number("penalty_window")),
    _Field("stop", N_("Stop texts"), _stop_texts, N_("A | B, \\n is a line break")),
    _Field("logit_bias", N_("Logit bias"), _logit_bias, N_("token: bias, token: bias")),
)


class ParametersPanel(VerticalScroll):
    """What the next answers are made with; empty fields take the model's default."""

    HELP: ClassVar[str] = N_(
        "The system prompt tells the model how to answer. The parameters below choose"
        " its words; an empty field takes the model's own default. Everything counts"
        " from the next question on."
    )

    class Changed(Message):
        """Something was typed; it may be wrong."""

    def compose(self) -> ComposeResult:
        yield Static(classes="label", id="label-system", markup=False)
        yield OrderedTextArea(id="system", soft_wrap=True, highlight_cursor_line=False)
        with Vertical(classes="switch-row"):
            yield Static(classes="label", id="label-thinking", markup=False)
            yield Switch(value=True, animate=False, id="thinking")
        for field in _FIELDS:
            with Vertical(classes="field"):
                yield Static(classes="label", id=f"label-{field.name}", markup=False)
                yield OrderedInput(id=field.name, compact=True)
                yield Static(classes="problem", markup=False)

    def on_mount(self) -> None:
        """Write the labels."""
        self.retranslate()

    def focus_first(self) -> None:
        """The system prompt."""
        self.query_one("#system").focus()

    def retranslate(self) -> None:
        """Show labels and placeholders in the language in use."""
        self.border_title = _("System prompt and sampling")
        self._label("system", _("System prompt"))
        self._label("thinking", _("Think before answering, where the model can"))
        for field in _FIELDS:
            self._label(field.name, _(field.label))
            hint = _(field.form) if field.form else str(RANGES[field.name])
            self.query_one(f"#{field.name}", Input).placeholder = hint
            self._check(field)

    def _label(self, name: str, text: str) -> None:
        self.query_one(f"#label-{name}", Static).update(text)

    @property
    def system(self) -> str:
        """The system prompt; empty for none."""
        return self.query_one("#system", TextArea).text.strip()

    @property
    def thinking(self) -> bool:
        """Whether a model that can reason before it answers shall do so."""
        return self.query_one(Switch).value

    def sampling(self) -> SamplingParams:
        """The parameters as typed.

        Raises:
            InvalidParameter: A field is wrong.
        """
        values: dict[str, Any] = {}
        for field in _FIELDS:
            values |= self._value(field)
        return SamplingParams(**values)

    def focus_wrong(self) -> None:
        """The first field that is wrong."""
        self.query(".-wrong Input").first().focus()

    def _value(self, field: _Field) -> dict[str, Any]:
        text = self.query_one(f"#{field.name}", Input).value.strip()
        if not text:
            return {}
        try:
            value = field.parse(text)
        except ValueError:
            raise InvalidParameter(
                _("{name}: {value} is not {form}.").format(
                    name=_(field.label),
                    value=text,
                    form=_(field.form) if field.form else str(RANGES[field.name]),
                )
            ) from None
        SamplingParams(**{field.name: value})
        return {field.name: value}

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once what is wrong."""
        event.stop()
        for field in _fields_named(event.input.id):
            self._check(field)
        self.post_message(self.Changed())

    def _check(self, field: _Field) -> None:
        entry = self.query_one(f"#{field.name}", Input)
        problem = ""
        try:
            self._value(field)
        except InvalidParameter as error:
            problem = error.message
        row = entry.query_ancestor(".field")
        row.query_one(".problem", Static).update(problem)
        row.set_class(bool(problem), "-wrong")


def _fields_named(name: str | None) -> Iterator[_Field]:
    return (field for field in _FIELDS if field.name == name)
