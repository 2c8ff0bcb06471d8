"""The line of figures under an answer."""

from dataclasses import replace

from mlxtui import i18n
from mlxtui.types import GenerationStats
from mlxtui.ui.widgets.statistics import statistics_text
from tests.recorded import STATS

NOTHING = GenerationStats(
    prompt_tokens=0,
    cached_tokens=0,
    generated_tokens=0,
    time_to_first_token_seconds=0,
    prefill_tokens_per_second=0,
    generation_tokens_per_second=0,
    peak_memory_bytes=0,
)


def test_the_reason_comes_first() -> None:
    assert statistics_text(STATS, "stop").startswith("finished · ")
    assert statistics_text(STATS, "length").startswith("cut at the length limit · ")
    assert statistics_text(STATS, "cancelled").startswith("stopped by you · ")


def test_one_token_is_singular() -> None:
    one = replace(STATS, generated_tokens=1, generation_tokens_per_second=0)
    assert " 1 token " in f"{statistics_text(one, 'stop')} ".replace("·", "")


def test_what_never_began_has_no_figures() -> None:
    assert statistics_text(NOTHING, "cancelled") == "stopped by you"


def test_an_answer_without_tokens_still_counts_its_prompt() -> None:
    none = replace(STATS, generated_tokens=0)
    text = statistics_text(none, "cancelled")
    assert "prompt 56" in text and "52.4" not in text


def test_every_figure_is_there() -> None:
    text = statistics_text(STATS, "stop")
    for figure in ("48", "52.4", "0.21 s", "56", "34", "812", "2.6 GB"):
        assert figure in text


def test_it_is_translated() -> None:
    english = statistics_text(STATS, "stop")
    i18n.set_language("ja")
    japanese = statistics_text(STATS, "stop")
    assert "finished" not in japanese and japanese != english
    assert "52.4" in japanese
