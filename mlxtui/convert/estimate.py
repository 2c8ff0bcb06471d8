"""How large a result will be, before it is made."""

from mlxtui.plans import Contents, WeightGroup
from mlxtui.recipes import Quantization, Recipe

_FLOAT_BITS = {"float16": 16, "bfloat16": 16, "float32": 32}

# mlx-lm's mixed recipes: bits of most layers, and of those that need more.
_MIXED_BITS = {
    "mixed_2_6": (2, 6), "mixed_3_4": (3, 4), "mixed_3_6": (3, 6), "mixed_4_6": (4, 6),
}  # fmt: skip
_NEED_MORE = ("v_proj", "v_a_proj", "v_b_proj", "down_proj")


def estimate(
    contents: Contents, recipe: Recipe, budget_bytes: int | None = None
) -> tuple[int, float | None]:
    """Bytes of the result's weights, and the bits that each takes with its scales.

    Layers whose width is no multiple of the group size stay as they are, and count so.

    Args:
        budget_bytes: What the weights may take when the recipe fits the machine.
    """
    count = contents.parameter_count
    if recipe.keeps_weights or not count:
        return contents.size_bytes, contents.bits_per_weight
    float_bits = contents.float_bits
    if recipe.float_type:
        float_bits = _FLOAT_BITS[recipe.float_type]
    if recipe.fit_context_tokens:
        bits: float = count * float_bits
        if budget_bytes is not None:  # each layer gets the most that it allows
            bits = min(bits, max(budget_bytes, 0) * 8)
    elif recipe.mixed:
        bits = _mixed_bits(contents, recipe, float_bits)
    elif recipe.quantization:
        bits = _packed_bits(contents, recipe.quantization, float_bits)
    else:
        bits = count * float_bits
    return round(bits / 8), bits / count


def _packed_bits(contents: Contents, form: Quantization, float_bits: int) -> float:
    count = contents.parameter_count or 0
    packed = sum(
        group.parameter_count
        for group in contents.weight_groups
        if group.input_width % form.group_size == 0
    )
    if not contents.weight_groups:
        packed = count  # not looked into: of large models nearly all is packed
    rest = count - packed
    return packed * _bits_per_weight(form, float_bits) + rest * float_bits


def _mixed_bits(contents: Contents, recipe: Recipe, float_bits: int) -> float:
    assert recipe.mixed is not None
    low, high = _MIXED_BITS[recipe.mixed]
    size = recipe.quantization.group_size if recipe.quantization else 64
    total, rest = 0.0, contents.parameter_count or 0
    all_of_it = WeightGroup(name="", input_width=size, parameter_count=rest)
    for group in contents.weight_groups or (all_of_it,):
        if group.input_width % size:
            continue
        share = _high_share(group, contents.layer_count)
        for bits, part in ((high, share), (low, 1 - share)):
            form = Quantization(bits=bits, group_size=size)
            weight_bits = _bits_per_weight(form, float_bits)
            total += group.parameter_count * part * weight_bits
        rest -= group.parameter_count
    return total + rest * float_bits


def _high_share(group: WeightGroup, layers: int) -> float:
    """Part of a kind of layer that `mixed_quant_predicate` gives more bits."""
    if group.name == "lm_head":
        return 1
    if group.name not in _NEED_MORE or not layers:
        return 0
    eighth = layers // 8
    more = sum(
        index < eighth or index >= 7 * layers // 8 or (index - eighth) % 3 == 2
        for index in range(layers)
    )
    return more / layers


def _bits_per_weight(form: Quantization, float_bits: int) -> float:
    if form.mode != "affine":
        return form.bits_per_weight
    # A scale and a bias for each group, in the type of the weights.
    return form.bits + 2 * float_bits / form.group_size
