"""Which characters may not begin or end a line: Japanese kinsoku, after JIS X 4051.

The classes are those of W3C's Requirements for Japanese Text Layout (JLREQ), appendix
A: closing brackets, hyphens, dividing punctuation, middle dots, full stops, commas,
iteration marks, prolonged sound marks and small kana do not begin a line; opening
brackets and prefixed abbreviations do not end one.
"""

from rich.cells import get_character_cell_size

_CLOSING = "、。，．・：；？！゛゜´｀¨°′″％‰℃）］｝〕〉》」』】〙〗〟｠»’”"
_MARKS = "ヽヾゝゞ々〻ー～〜‐゠–…‥"
_SMALL = (
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
)
_HALF_WIDTH = "｡｣､･ｧｨｩｪｫｬｭｮｯｰﾞﾟ"
_ASCII_CLOSING = ",.;:!?)]}%"
_SKIN_TONES = "".join(map(chr, range(0x1F3FB, 0x1F400)))

NO_LINE_START = frozenset(
    _CLOSING + _MARKS + _SMALL + _HALF_WIDTH + _ASCII_CLOSING + _SKIN_TONES
)
"""Characters that stay with the one before them."""

NO_LINE_END = frozenset("（［｛〔〈《「『【〘〖〝｟«‘“([{￥＄￡＃¥$£№｢")
"""Characters that stay with the one after them."""

SPACES = frozenset(
    " \u3000\u200b\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a"
)
"""Spaces at which a line may be broken, and which vanish there. U+00A0 is none."""

# Korean has spaces between its words, and keeps them whole.
_HANGUL = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF))
_HALF_WIDTH_KANA = (0xFF66, 0xFF9D)

BREAKS_AROUND, NO_START, NO_END, SPACE = 1, 2, 4, 8


def _class_of(character: str) -> int:
    code = ord(character)
    if character in SPACES:
        return SPACE
    kinds = 0
    if character in NO_LINE_START:
        kinds |= NO_START
    if character in NO_LINE_END:
        kinds |= NO_END
    is_wide = get_character_cell_size(character) == 2
    if is_wide and not any(first <= code <= last for first, last in _HANGUL):
        kinds |= BREAKS_AROUND
    elif _HALF_WIDTH_KANA[0] <= code <= _HALF_WIDTH_KANA[1]:
        kinds |= BREAKS_AROUND
    return kinds


class _Classes(dict[str, int]):
    """The class of each character that was met; there are few of them in a language."""

    def __missing__(self, character: str) -> int:
        kinds = self[character] = _class_of(character)
        return kinds


CLASSES = _Classes()
"""For a character its `BREAKS_AROUND`, `NO_START`, `NO_END` and `SPACE` together."""
