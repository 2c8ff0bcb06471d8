"""Everything that is known of one model, or why it cannot be used."""

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.types import LocalModel
from mlxtui.ui.model_standing import (
    MARKS,
    ModelMemory,
    Standing,
    capability_phrases,
    source_text,
    standing_word,
)
from mlxtui.units import bytes_text, count_text

_STYLES: dict[Standing, str] = {
    "loaded": "$text-success", "loading": "$text-warning", "fits": "$text-success",
    "tight": "$text-warning", "too-big": "$text-error", "unknown": "$text-muted",
    "broken": "$text-error",
}  # fmt: skip


class ModelDetails(VerticalScroll, can_focus=False):
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
            form = _tall if is_tall else _low
            content = form(model, standing, memory)
        if not content.is_same(self._shown):
            self._shown = content
            self.query_one(Static).update(content)


def _tall(model: LocalModel, standing: Standing, memory: ModelMemory) -> Content:
    owner, slash, name = one_line(model.name).rpartition("/")
    blocks = [
        Content.assemble(
            Content.styled(owner + slash, "$text-muted"), Content.styled(name, "bold")
        ),
        _standing_block(model, standing, memory, "\n"),
    ]
    if model.capabilities:
        blocks.append(Content("\n").join(map(Content, capability_phrases(model))))
    facts = _facts(model)
    width = max(cell_len(label) for label, _value in facts)
    lines = [
        Content.assemble(
            Content.styled(label + " " * (width - cell_len(label) + 2), "$text-muted"),
            value,
        )
        for label, value in facts
    ]
    blocks.append(Content("\n").join(lines))
    blocks.append(
        Content.assemble(
            Content.styled(_("Folder"), "$text-muted"), "\n", one_line(str(model.path))
        )
    )
    return Content("\n\n").join(blocks)


def _low(model: LocalModel, standing: Standing, memory: ModelMemory) -> Content:
    lines = [
        Content.styled(one_line(model.name), "bold"),
        _standing_block(model, standing, memory, " · "),
    ]
    if model.capabilities:
        lines.append(Content(" · ".join(capability_phrases(model))))
    lines += [Content(line) for line in _fact_lines(model) if line]
    lines.append(Content.styled(one_line(str(model.path)), "$text-muted"))
    return Content("\n").join(lines)


def _standing_block(
    model: LocalModel, standing: Standing, memory: ModelMemory, separator: str
) -> Content:
    """The standing in its colour, and what it means in numbers, or the problem."""
    if model.problem:
        return Content.assemble(
            Content.styled(f"✗ {one_line(model.problem)}", "$text-error"),
            "\n",
            one_line(model.hint),
        )
    parts = []
    if standing != "unknown":
        word = f"{MARKS[standing]} {standing_word(standing)}"
        parts.append(Content.styled(word, _STYLES[standing]))
    if model.needed_bytes:
        needed = _("needs {needed} of memory").format(
            needed=bytes_text(model.needed_bytes)
        )
        parts.append(Content(needed))
    if standing in ("fits", "tight", "too-big") and memory.free_bytes is not None:
        parts.append(
            Content(_("{free} are free").format(free=bytes_text(memory.free_bytes)))
        )
    return Content.styled(separator, "$text-muted").join(parts)


def _facts(model: LocalModel) -> list[tuple[str, str]]:
    parameters, bits = model.parameter_count, model.bits_per_weight
    context = model.context_length
    return [
        (_("Parameters"), "–" if parameters is None else count_text(parameters)),
        (_("Quantization"), one_line(model.quantization) or "–"),
        (_("Bits per weight"), "–" if bits is None else f"{bits:.2f}"),
        (_("Size"), bytes_text(model.size_bytes)),
        (
            _("Context"),
            _("{count} tokens").format(count=f"{context:,}") if context else "–",
        ),
        (_("Architecture"), one_line(model.architecture) or "–"),
        (_("Source"), source_text(model)),
    ]


def _fact_lines(model: LocalModel) -> tuple[str, str]:
    """The known facts in two lines, the weights in the first."""
    weights, others = [], []
    if model.parameter_count is not None:
        count = count_text(model.parameter_count)
        weights.append(_("{count} parameters").format(count=count))
    if model.quantization:
        weights.append(one_line(model.quantization))
    if model.bits_per_weight is not None:
        bits = f"{model.bits_per_weight:.2f}"
        weights.append(_("{bits} bits per weight").format(bits=bits))
    weights.append(bytes_text(model.size_bytes))
    if model.architecture:
        others.append(one_line(model.architecture))
    if model.context_length:
        context = f"{model.context_length:,}"
        others.append(_("{count} tokens of context").format(count=context))
    others.append(source_text(model))
    return " · ".join(weights), " · ".join(others)
