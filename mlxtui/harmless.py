"""Text from models, files and clients, made safe to draw on a terminal."""

import re

# C0 but tab and newline, DEL and C1 drive the terminal; U+2028 and U+2029 break lines
# where Textual sees one; bidi embeddings, overrides and isolates reorder what is read
# (CVE-2021-42574); tag characters hide text; surrogates cannot be encoded.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == 0x0D:
        return ""
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode's own pictures: ␛ for escape
    return f"⟨U+{code:04X}⟩"


def harmless(text: str) -> str:
    """The text with every character that could drive the terminal made visible.

    Works on pieces of a stream as well as on a whole: no rule spans two characters.
    """
    return _HARMFUL.sub(_visible, text)


def one_line(text: str) -> str:
    """Harmless text for a place of one line: names, titles, messages."""
    return " ".join(harmless(text).split())
