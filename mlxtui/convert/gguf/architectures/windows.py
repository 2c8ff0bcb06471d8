"""Which layers look at a window of the text only, and which at all of it."""

from mlxtui.convert.gguf.architectures.facts import Facts

_PATTERN = "attention.sliding_window_pattern"
_KINDS = {True: "sliding_attention", False: "full_attention"}


def window_tokens(facts: Facts) -> int:
    """How far such layers look back; 0 is all the way."""
    return facts.count("attention.sliding_window", 0, least=0)


def window_flags(facts: Facts, layers: int, period: int) -> tuple[bool, ...]:
    """Whether each layer has a window.

    Args:
        layers: How many there are.
        period: Where the file does not say: each so many-th looks at all.

    Raises:
        ModelRefused: The file's pattern is none.
    """
    if flags := facts.flags(_PATTERN, layers):
        return flags
    period = facts.count(_PATTERN, period)
    return tuple((index + 1) % period != 0 for index in range(layers))


def window_period(facts: Facts, layers: int, period: int) -> int:
    """The same as one number, for models that mlx-lm has only so: each so many-th
    layer looks at all of the text.

    Raises:
        ModelRefused: The file's pattern is not so regular.
    """
    flags = window_flags(facts, layers, period)
    found = flags.index(False) + 1 if False in flags else 0
    if not found or flags != tuple((i + 1) % found != 0 for i in range(layers)):
        raise facts.unusable(_PATTERN)
    return found


def layer_kinds(facts: Facts, layers: int, period: int) -> list[str]:
    """The same as `layer_types` of a config.json, for models that need both kinds.

    Raises:
        ModelRefused: All layers are of one kind.
    """
    flags = window_flags(facts, layers, period)
    if len(set(flags)) != len(_KINDS):
        raise facts.unusable(_PATTERN)
    return [_KINDS[flag] for flag in flags]
