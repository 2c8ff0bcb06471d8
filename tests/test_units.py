"""Numbers as people read them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlxtui.units import bytes_text, count_text, rate_text, seconds_text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_400, "999 kB"),
        (999_600, "1.0 MB"),
        (1_500_000_000, "1.5 GB"),
        (2_000_000_000_000, "2.0 TB"),
        (5_000_000_000_000_000, "5000.0 TB"),
    ],
)
def test_bytes_are_counted_in_decimal_units(size_bytes: int, text: str) -> None:
    assert bytes_text(size_bytes) == text


@given(st.floats(min_value=0, max_value=9.9e14))
@example(999.7)
@example(999_950_000.0)
def test_no_size_has_more_than_three_digits_before_the_point(
    size_bytes: float,
) -> None:
    number, _unit = bytes_text(size_bytes).split()
    assert float(number) < 1000


@pytest.mark.parametrize(
    ("per_second", "text"), [(0, "0.0"), (7.25, "7.2"), (52.44, "52.4"), (812.4, "812")]
)
def test_a_rate_has_three_digits(per_second: float, text: str) -> None:
    assert rate_text(per_second) == text


@given(st.floats(min_value=0, max_value=1e6))
@example(99.96)
def test_a_rate_of_a_hundred_and_more_has_no_decimals(per_second: float) -> None:
    text = rate_text(per_second)
    assert ("." in text) == (float(text) < 100)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.244, "0.24 s"),
        (12.3, "12 s"),
        (59.4, "59 s"),
        (60, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3600, "60 min 00 s"),
    ],
)
def test_durations_get_coarser_as_they_grow(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@given(st.floats(min_value=0, max_value=1e5))
@example(9.997)
@example(59.7)
@example(119.6)
def test_no_duration_shows_sixty_seconds_or_useless_decimals(seconds: float) -> None:
    *_minutes, shown, _unit = seconds_text(seconds).split()
    assert float(shown) < 60
    assert "." not in shown or float(shown) < 10


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1500, "1.5K"),
        (2_200_000, "2.2M"),
        (8_030_261_248, "8.0B"),
        (1_000_000_000_000, "1.0T"),
    ],
)
def test_counts_have_the_suffix_that_model_names_use(count: int, text: str) -> None:
    assert count_text(count) == text


@given(st.integers(min_value=0, max_value=999 * 10**12))
@example(999_999)
@example(999_999_999)
def test_no_count_shows_a_thousand_of_its_unit(count: int) -> None:
    assert float(count_text(count).rstrip("KMBT")) < 1000
