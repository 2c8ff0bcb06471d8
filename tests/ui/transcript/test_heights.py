"""Heights one under the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlxtui.ui.transcript.heights import Heights

changes = st.lists(
    st.tuples(st.sampled_from(["add", "set", "remove"]), st.integers(0, 9)), max_size=30
)


@given(changes)
def test_every_line_is_found_after_every_change(
    steps: list[tuple[str, int]],
) -> None:
    heights = Heights()
    plain: list[int] = []
    for step, number in steps:
        if step == "add":
            heights.append(number)
            plain.append(number)
        elif plain and step == "set":
            heights[number % len(plain)] = number
            plain[number % len(plain)] = number
        elif plain:
            heights.remove(number % len(plain))
            del plain[number % len(plain)]
        lines = [(i, k) for i, height in enumerate(plain) for k in range(height)]
        assert [heights.find(line) for line in range(len(lines))] == lines
        assert heights.total == len(lines)
        assert [heights.top(i) for i in range(len(plain))] == [
            sum(plain[:i]) for i in range(len(plain))
        ]


def test_there_are_no_lines_beyond_the_last() -> None:
    heights = Heights()
    heights.append(2)
    for line in (-1, 2):
        with pytest.raises(IndexError):
            heights.find(line)
    heights.clear()
    assert heights.total == 0
