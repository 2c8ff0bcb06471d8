"""What is known of a model of this machine, as text for its details."""

from dataclasses import replace

from textual.content import Content

from mlxtui.gguf_words import origin_facts, origin_rows
from mlxtui.harmless import one_line
from mlxtui.i18n import _, ngettext
from mlxtui.plan_words import fit_text, recipe_text, source_text
from mlxtui.plans import GgufOrigin, Provenance, Quality
from mlxtui.types import LocalModel
from mlxtui.ui.hub_facts import fact_table, memory_table, problem_block, title
from mlxtui.ui.model_standing import (
    MARKS,
    ModelMemory,
    Standing,
    capability_phrases,
    memory_needs,
    standing_word,
)
from mlxtui.units import bytes_text, count_text, rate_text

_STYLES: dict[Standing, str] = {
    "loaded": "$text-success", "loading": "$text-warning", "fits": "$text-success",
    "tight": "$text-warning", "too-big": "$text-error", "unknown": "$text-muted",
    "broken": "$text-error", "to-import": "$text-primary", "imported": "$text-success",
}  # fmt: skip

_MAX_LAYERS = 8


def tall_text(model: LocalModel, standing: Standing, memory: ModelMemory) -> Content:
    """A list of facts, from the most to the least wanted."""
    blocks = [title(model.name), _standing_block(model, standing, memory, "\n")]
    if phrases := capability_phrases(model):
        blocks.append(Content("\n").join(map(Content, phrases)))
    if needs := memory_needs(model, memory):
        blocks.append(memory_table(needs))
    blocks.append(fact_table(_facts(model)))
    if model.provenance is not None:
        blocks += _origin(model.provenance)
    label = _("File") if model.kind == "gguf" else _("Folder")
    folder = Content.styled(label, "$text-muted")
    blocks.append(Content.assemble(folder, "\n", one_line(str(model.path))))
    return Content("\n\n").join(blocks)


def low_text(model: LocalModel, standing: Standing, memory: ModelMemory) -> Content:
    """The same in a few lines."""
    lines = [
        Content.styled(one_line(model.name), "bold"),
        _standing_block(model, standing, memory, " · "),
    ]
    if phrases := capability_phrases(model):
        lines.append(Content(" · ".join(phrases)))
    lines += [Content(line) for line in _fact_lines(model) if line]
    if model.provenance is not None:
        facts = _origin_facts(model.provenance)
        lines += [Content(f"{label}: {value}") for label, value in facts]
    lines.append(Content.styled(one_line(str(model.path)), "$text-muted"))
    return Content("\n").join(lines)


def _standing_block(
    model: LocalModel, standing: Standing, memory: ModelMemory, separator: str
) -> Content:
    """The standing in its colour, and what it means in numbers, or the problem."""
    if model.problem:
        return problem_block(model.problem, model.hint)
    if model.kind == "gguf":
        return _import_block(model, standing, memory, separator)
    parts = []
    if standing != "unknown":
        word = standing_word(standing)
        if standing == "fits" or standing == "tight" or standing == "too-big":
            word = fit_text(standing)  # the table has room for less
        parts.append(Content.styled(f"{MARKS[standing]} {word}", _STYLES[standing]))
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


def _import_block(
    model: LocalModel, standing: Standing, memory: ModelMemory, separator: str
) -> Content:
    """Whether a GGUF file was imported, what it will need, and what to do with it."""
    word = Content.styled(
        f"{MARKS[standing]} {standing_word(standing)}", _STYLES[standing]
    )
    if model.imported_as:
        text = _("It is here as {name}: Enter opens a chat with that.")
        name = one_line(model.imported_as)
        again = _("q imports it in another way.")
        return Content.assemble(word, "\n", text.format(name=name), " ", again)
    parts = [word]
    if model.needed_bytes:
        needed = _("will need {needed} of memory").format(
            needed=bytes_text(model.needed_bytes)
        )
        parts.append(Content(needed))
        if fit := memory.fit_of(model.needed_bytes):
            fits = f"{MARKS[fit]} {fit_text(fit)}"
            parts.append(Content.styled(fits, _STYLES[fit]))
    first = Content.styled(separator, "$text-muted").join(parts)
    what_to_do = _("Enter shows what it becomes, then imports it. The file stays.")
    return Content.assemble(first, "\n", what_to_do)


def _facts(model: LocalModel) -> list[tuple[str, str]]:
    parameters, bits = model.parameter_count, model.bits_per_weight
    context = model.context_length
    facts = [
        (_("Parameters"), "–" if parameters is None else count_text(parameters)),
        (_("Quantization"), one_line(model.quantization) or "–"),
        (_("Bits per weight"), "–" if bits is None else f"{bits:.2f}"),
        (_("Size"), bytes_text(model.size_bytes)),
        (
            _("Context"),
            _("{count} tokens").format(count=f"{context:,}") if context else "–",
        ),
        (_("Architecture"), one_line(model.architecture) or "–"),
        (_("Source"), source_text(model.source)),
    ]
    if model.commit:
        facts.append((_("Commit"), one_line(model.commit[:12])))
    if len(model.files) > 1:
        facts.append((_("Parts"), str(len(model.files))))
    return facts


def _origin(provenance: Provenance) -> list[Content]:
    """Where it came from, and what was measured of it."""
    blocks = [fact_table(_origin_facts(provenance))]
    if provenance.gguf is not None:
        blocks.append(_types_table(provenance.gguf))
    if provenance.reason:
        blocks.append(Content(one_line(provenance.reason)))
    if provenance.kept_in_float:
        layers = provenance.kept_in_float
        text = ngettext(
            "{count} layer could not be packed", "{count} layers could not be packed",
            len(layers),
        ).format(count=len(layers))  # fmt: skip
        shown = [one_line(layer) for layer in layers[:_MAX_LAYERS]]
        if len(layers) > _MAX_LAYERS:
            shown.append("…")
        label = Content.styled(text, "$text-muted")
        blocks.append(Content.assemble(label, "\n", "\n".join(shown)))
    return blocks


def _types_table(origin: GgufOrigin) -> Content:
    """What each type became, and what that cost: the panel has no room for more."""
    head, *rows = [f"{row[0]}  {row[1]}  {row[-1]}" for row in origin_rows(origin)]
    return Content.assemble(
        Content.styled(head, "$text-muted"), *(f"\n{row}" for row in rows)
    )


def _origin_facts(provenance: Provenance) -> list[tuple[str, str]]:
    facts = [(_("Made from"), one_line(provenance.source))]
    if provenance.commit:
        facts.append((_("Its commit"), one_line(provenance.commit[:12])))
    facts.append((_("Recipe"), recipe_text(provenance.recipe)))
    if provenance.made_at:
        facts.append((_("Made on"), one_line(provenance.made_at[:10])))
    if provenance.gguf is not None:
        origin = provenance.gguf
        short = replace(origin, sha256=origin.sha256[:12], files=origin.files[:1])
        facts += origin_facts(short)
    if provenance.quality is not None:
        facts += _quality_facts(provenance.quality)
    return facts


def _quality_facts(quality: Quality) -> list[tuple[str, str]]:
    perplexity = f"{quality.perplexity:.3f}"
    if quality.source_perplexity is None or quality.mean_kl_divergence is None:
        loss = _("not measured: the source does not fit")
    else:
        source = f"{quality.source_perplexity:.3f}"
        perplexity = _("{result}, its source {source}").format(
            result=perplexity, source=source
        )
        loss = f"{quality.mean_kl_divergence:.4f}"
    facts = [(_("Perplexity"), perplexity), (_("KL divergence"), loss)]
    if quality.generation_tokens_per_second is not None:
        speed = rate_text(quality.generation_tokens_per_second)
        facts.append((_("Tokens/s"), speed))
    return facts


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
    others.append(source_text(model.source))
    return " · ".join(weights), " · ".join(others)
