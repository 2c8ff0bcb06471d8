"""Why layers got the bits they have, in words."""

from collections import defaultdict
from collections.abc import Mapping

from mlxtui.i18n import _
from mlxtui.units import bytes_text

# Kinds of layers whose bits differ by less from the average are not worth a word.
_NOTABLE_BITS = 0.5
_MOST_KINDS = 4


def reason_for_float(*, size_bytes: int, budget_bytes: int) -> str:
    """Why nothing is packed."""
    return _("There is room for all layers as they are: {size} of {budget}.").format(
        size=bytes_text(size_bytes), budget=bytes_text(budget_bytes)
    )


def reason_for_bits(
    bits: Mapping[str, float],
    parameter_counts: Mapping[str, int],
    *,
    size_bytes: int,
    budget_bytes: int,
    bits_per_weight: float,
) -> str:
    """What there was room for, and which layers got more or less of it.

    Args:
        bits: Of each layer that can be packed, by its path.
        parameter_counts: Of the same layers.
    """
    sentences = [
        _("{size} of {budget}, {bits} bits per weight on average.").format(
            size=bytes_text(size_bytes),
            budget=bytes_text(budget_bytes),
            bits=f"{bits_per_weight:.1f}",
        )
    ]
    kinds, average = _by_kind(bits, parameter_counts)
    order = sorted(kinds, key=lambda kind: kinds[kind])
    more = [kind for kind in order[::-1] if kinds[kind] >= average + _NOTABLE_BITS]
    fewer = [kind for kind in order if kinds[kind] <= average - _NOTABLE_BITS]
    if more:
        sentences.append(
            _("More bits where they save most error: {layers}.").format(
                layers=_listed(more, kinds)
            )
        )
    if fewer:
        sentences.append(
            _("Fewer bits where they are missed least: {layers}.").format(
                layers=_listed(fewer, kinds)
            )
        )
    return " ".join(sentences)


def _by_kind(
    bits: Mapping[str, float], parameter_counts: Mapping[str, int]
) -> tuple[dict[str, float], float]:
    """Average bits of all layers of one name (`down_proj`, …), and of all layers."""
    used: dict[str, float] = defaultdict(float)
    counts: dict[str, int] = defaultdict(int)
    for name, count in parameter_counts.items():
        kind = name.rpartition(".")[2]
        used[kind] += bits[name] * count
        counts[kind] += count
    by_kind = {kind: used[kind] / counts[kind] for kind in used}
    return by_kind, sum(used.values()) / sum(counts.values())


def _listed(kinds: list[str], bits: Mapping[str, float]) -> str:
    return ", ".join(f"{kind} ({bits[kind]:.1f})" for kind in kinds[:_MOST_KINDS])
