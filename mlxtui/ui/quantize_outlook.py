"""What would come of a recipe, about: size, bits, and whether it fits."""

from textual.content import Content

from mlxtui.i18n import _
from mlxtui.plan_words import context_text
from mlxtui.recipes import Recipe
from mlxtui.ui.hub_facts import fit_content
from mlxtui.ui.model_standing import ModelMemory
from mlxtui.ui.quantize_facts import QuantizeFacts
from mlxtui.units import bytes_text


def outlook(facts: QuantizeFacts, recipe: Recipe, memory: ModelMemory) -> Content:
    """Two lines: the source and the result."""
    before = [facts.quantization, bytes_text(facts.size_bytes)]
    lines = [
        Content.styled(
            _("Now: {facts}").format(facts=" · ".join(filter(None, before))),
            "$text-muted",
        ),
        _result(facts, recipe, memory),
    ]
    if facts.is_packed and recipe.quantizes:
        lines.append(
            Content.styled(
                _("It is packed already: what that lost does not come back."),
                "$text-warning",
            )
        )
    return Content("\n").join(lines)


def _result(facts: QuantizeFacts, recipe: Recipe, memory: ModelMemory) -> Content:
    if recipe.fit_context_tokens:
        text = _("As many bits as fit beside a context of {context} tokens")
        return Content(text.format(context=context_text(recipe.fit_context_tokens)))
    bits, size_bytes = facts.bits_of(recipe), facts.size_of(recipe)
    if bits is None or size_bytes is None:
        return Content(_("The plan will say how large it becomes."))
    text = _("About {size} · {bits} bits per weight").format(
        size=bytes_text(size_bytes), bits=f"{bits:.2f}"
    )
    needed_bytes = facts.needed_of(size_bytes)
    fit = memory.fit_of(needed_bytes) if needed_bytes else None
    if fit is None or needed_bytes is None:
        return Content(text)
    needed = _("needs {needed} of memory").format(needed=bytes_text(needed_bytes))
    return Content.assemble(f"{text} · ", fit_content(fit), f" · {needed}")
