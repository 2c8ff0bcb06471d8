"""Spans: the same as a set of positions."""

from hypothesis import given
from hypothesis import strategies as st

from mlxtui.hub.transfer.spans import Spans

_SIZE = 24
_span = st.tuples(st.integers(0, _SIZE), st.integers(0, _SIZE))
_changes = st.lists(st.tuples(st.booleans(), _span), max_size=20)


def _both(changes: list[tuple[bool, tuple[int, int]]]) -> tuple[Spans, set[int]]:
    spans, positions = Spans(), set[int]()
    for is_added, (start, end) in changes:
        if is_added:
            spans.add(start, end)
            positions |= set(range(start, end))
        else:
            spans.remove(start, end)
            positions -= set(range(start, end))
    return spans, positions


@given(_changes)
def test_spans_hold_what_was_added_and_not_removed(
    changes: list[tuple[bool, tuple[int, int]]],
) -> None:
    spans, positions = _both(changes)
    assert {at for start, end in spans for at in range(start, end)} == positions
    assert spans.total_bytes == len(positions)
    found = list(spans)
    assert all(start < end for start, end in found)
    # Neighbours are one span.
    assert all(one[1] < two[0] for one, two in zip(found, found[1:], strict=False))
    prefix = next(at for at in range(_SIZE + 2) if at not in positions)
    assert spans.prefix_bytes == prefix


@given(_changes, _span)
def test_gaps_are_what_is_missing(
    changes: list[tuple[bool, tuple[int, int]]], between: tuple[int, int]
) -> None:
    spans, positions = _both(changes)
    gaps = list(spans.gaps(*between))
    missing = {at for start, end in gaps for at in range(start, end)}
    assert missing == set(range(*between)) - positions
    assert gaps == sorted(gaps)
