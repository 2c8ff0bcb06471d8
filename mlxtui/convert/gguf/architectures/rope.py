"""Rotary positions: their base, their scaling, and how far they reach."""

import math
from typing import Any

from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope_factors import llama3_scaling
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

FREQUENCY_FACTORS = "rope_freqs.weight"
LONG_FACTORS, SHORT_FACTORS = "rope_factors_long.weight", "rope_factors_short.weight"


def rope_settings(
    facts: Facts, head_dim: int, *, is_partial: bool = False
) -> dict[str, Any]:
    """`rope_theta`, `rope_scaling` and `max_position_embeddings` of a config.json.

    mlx-lm does not limit positions. The context is the file's own figure, or, where it
    is less than its scaling was made for, that.

    Args:
        head_dim: Numbers of a head.
        is_partial: Whether only a part of them may be rotated; adds
            `partial_rotary_factor`.

    Raises:
        ModelRefused: mlx-lm has no such positions.
    """
    context = facts.count("context_length")
    base = facts.number("rope.freq_base", 10000.0)
    rotated = facts.count("rope.dimension_count", head_dim, most=head_dim)
    if base <= 1 or rotated % 2 or (rotated != head_dim and not is_partial):
        raise facts.unusable("rope.freq_base" if base <= 1 else "rope.dimension_count")
    scaling = _scaling(facts, rotated, base)
    if scaling and "original_max_position_embeddings" in scaling:
        original = scaling["original_max_position_embeddings"]
        if scaling["rope_type"] == "yarn":
            context = max(context, round(original * scaling["factor"]))
    settings = {
        "max_position_embeddings": context,
        "rope_theta": base,
        "rope_scaling": scaling,
    }
    if is_partial:
        share = rotated / head_dim
        if int(head_dim * share) < rotated:  # as mlx-lm counts them
            share = math.nextafter(share, 1)
        settings["partial_rotary_factor"] = share
    return settings


def refuse_scaling(facts: Facts, config: dict[str, Any]) -> None:
    """Refuse a scaled RoPE, for models that mlx-lm has without it.

    Raises:
        ModelRefused: It is scaled.
    """
    if config["rope_scaling"] is not None:
        raise ModelRefused(
            _("mlx-lm has no scaled positions ({kind}) for {architecture}.").format(
                kind=config["rope_scaling"]["rope_type"],
                architecture=facts.architecture,
            ),
            hint=_("Choose another file of this model."),
        )


def _scaling(facts: Facts, rotated: int, base: float) -> dict[str, Any] | None:
    factor = _factor(facts)
    usual = "linear" if factor != 1 else "none"
    # Phi-3's converter writes the factors and not the kind.
    usual = "longrope" if LONG_FACTORS in facts.tensors else usual
    kind = facts.text("rope.scaling.type", usual)
    if FREQUENCY_FACTORS in facts.tensors:
        if kind != "none" and factor != 1:
            raise facts.unusable("rope.scaling.type")
        return llama3_scaling(facts.described.values(FREQUENCY_FACTORS), rotated, base)
    if kind == "yarn":
        return _yarn(facts, factor)
    if kind == "longrope":
        return _longrope(facts, rotated)
    if kind not in ("none", "linear"):
        raise facts.unusable("rope.scaling.type")
    facts.require("rope.scaling.attn_factor", 1, _attention_factor(facts))
    if kind == "none" or factor == 1:
        return None
    return {"rope_type": "linear", "type": "linear", "factor": factor}


def _factor(facts: Facts) -> float:
    """How often the trained context fits into the scaled one; 1 is unscaled."""
    # The name until 2023.
    old = facts.number("rope.scale_linear", 0)
    factor = facts.number("rope.scaling.factor", old) or 1.0
    if factor < 0:
        raise facts.unusable("rope.scaling.factor")
    return factor


def _attention_factor(facts: Facts) -> float:
    return facts.number("rope.scaling.attn_factor", 1) or 1.0


def _yarn(facts: Facts, factor: float) -> dict[str, Any] | None:
    """YaRN: https://arxiv.org/abs/2309.00071."""
    facts.require(
        "rope.scaling.yarn_ext_factor",
        1,
        facts.number("rope.scaling.yarn_ext_factor", 1),
    )
    if factor == 1:
        return None
    original = facts.count(
        "rope.scaling.original_context_length", facts.count("context_length")
    )
    scaling: dict[str, Any] = {
        "rope_type": "yarn",
        "type": "yarn",
        "factor": factor,
        "original_max_position_embeddings": original,
        "beta_fast": facts.number("rope.scaling.yarn_beta_fast", 32),
        "beta_slow": facts.number("rope.scaling.yarn_beta_slow", 1),
    }
    usual = 0.1 * math.log(factor) + 1
    everywhere = facts.number("rope.scaling.yarn_log_multiplier", 0)
    # Rotated numbers are multiplied by this.
    scale = usual / (0.1 * everywhere * math.log(factor) + 1)
    scale = facts.number("rope.scaling.yarn_attn_factor", scale)
    scale *= _attention_factor(facts)
    if not math.isclose(scale, usual, rel_tol=1e-6):
        # The one `mscale` with which mlx-lm, which knows no other factor, comes to it.
        scaling["mscale"] = (scale - 1) / (0.1 * math.log(factor))
    return scaling


def _longrope(facts: Facts, rotated: int) -> dict[str, Any]:
    """A factor for each frequency, one list for short texts and one for long ones."""
    scaling: dict[str, Any] = {
        "rope_type": "longrope",
        "type": "longrope",
        "original_max_position_embeddings": facts.count(
            "rope.scaling.original_context_length"
        ),
    }
    for key, name in (("short_factor", SHORT_FACTORS), ("long_factor", LONG_FACTORS)):
        if name not in facts.tensors:
            raise ModelRefused(
                _("The file has no tensor {name}.").format(name=name),
                hint=_("Choose another file of this model."),
            )
        factors = facts.described.values(name)
        if factors.shape != (rotated // 2,):
            raise facts.unusable("rope.dimension_count")
        scaling[key] = [float(factor) for factor in factors]
    return scaling
