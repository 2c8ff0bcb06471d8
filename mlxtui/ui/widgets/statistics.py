"""The line of figures under an answer."""

from mlxtui.i18n import _, ngettext
from mlxtui.types import FinishReason, GenerationStats
from mlxtui.units import bytes_text, rate_text, seconds_text


def statistics_text(
    stats: GenerationStats, reason: FinishReason, *, is_short: bool = False
) -> str:
    """What an answer cost and why it ended, from the most to the least wanted.

    Args:
        is_short: For a screen without the room for all of it.
    """
    parts = [_reason_text(reason)]
    if is_short:
        if stats.generated_tokens:
            rate = rate_text(stats.generation_tokens_per_second)
            parts.append(_("{rate} tokens/s").format(rate=rate))
        return " · ".join(parts)
    if stats.generated_tokens:
        parts += [
            ngettext("{count} token", "{count} tokens", stats.generated_tokens).format(
                count=stats.generated_tokens
            ),
            _("{rate} tokens/s").format(
                rate=rate_text(stats.generation_tokens_per_second)
            ),
            _("first after {time}").format(
                time=seconds_text(stats.time_to_first_token_seconds)
            ),
        ]
    if stats.prompt_tokens:
        parts.append(
            _("prompt {count} ({cached} cached) at {rate}/s").format(
                count=stats.prompt_tokens,
                cached=stats.cached_tokens,
                rate=rate_text(stats.prefill_tokens_per_second),
            )
        )
        parts.append(
            _("peak {memory}").format(memory=bytes_text(stats.peak_memory_bytes))
        )
    return " · ".join(parts)


def _reason_text(reason: FinishReason) -> str:
    match reason:
        case "stop":
            return _("finished")
        case "length":
            return _("cut at the length limit")
        case "cancelled":
            return _("stopped by you")
