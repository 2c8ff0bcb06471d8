"""What is streamed: long blocks of the two kinds that stop other apps."""

import itertools
from collections.abc import Iterator
from typing import Literal

Text = Literal["fence", "table"]

LAST_WORDS = "That was all of it."

_PIECE_LETTERS = 4  # a token, about
_FENCE_LINES = 1000
_TABLE_ROWS = 300

_FUNCTION = '''\
def merge_{n}(left: list[int], right: list[int]) -> list[int]:
    """Merge two sorted lists into one, in linear time."""
    merged: list[int] = []
    here, there = 0, 0
    while here < len(left) and there < len(right):
        if left[here] <= right[there]:  # stable: the left one first
            merged.append(left[here])
            here += 1
        else:
            merged.append(right[there])
            there += 1
    merged.extend(left[here:])
    merged.extend(right[there:])
    return merged


class Counter{n}(dict[str, int]):
    def count(self, words: Iterable[str], *, limit: int = {n}) -> None:
        for number, word in enumerate(words, start=1):
            self[word] = self.get(word, 0) + 1
            if number >= limit:
                raise OverflowError(f"more than {{limit}} words: {{word!r}}")


'''

_CITIES = ("Sapporo", "Sendai", "Tokyo", "Nagoya", "Kyoto", "Osaka", "Fukuoka", "Naha")
_REMARKS = (
    "warm and **dry**",
    "a storm from the *west*",
    "fog until ten",
    "`no data`",
    "as last year",
)


def pieces(text: Text) -> list[str]:
    """An answer, cut as a model would make it."""
    lines = {"fence": _fence, "table": _table}[text]()
    answer = "".join(f"{line}\n" for line in lines) + f"\n{LAST_WORDS}\n"
    letters = iter(answer)
    return ["".join(part) for part in iter(lambda: _take(letters), [])]


def _take(letters: Iterator[str]) -> list[str]:
    return list(itertools.islice(letters, _PIECE_LETTERS))


def _fence() -> Iterator[str]:
    functions = (_FUNCTION.format(n=n).splitlines() for n in itertools.count(1))
    yield from ("Here is the whole module:", "", "```python")
    yield from itertools.islice(itertools.chain.from_iterable(functions), _FENCE_LINES)
    yield "```"


def _table() -> Iterator[str]:
    yield from ("Here is the whole table:", "", "| No. | City | °C | Remark |")
    yield "|---:|:---|---:|---|"
    for n in range(1, _TABLE_ROWS + 1):
        city, remark = _CITIES[n % len(_CITIES)], _REMARKS[n % len(_REMARKS)]
        yield f"| {n} | {city} | {10 + n * 7 % 23}.{n % 10} | {remark} |"
