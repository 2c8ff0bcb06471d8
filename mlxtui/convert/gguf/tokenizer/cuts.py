"""Regular expressions that cut text into words, and what they are put together from.

In the syntax of Oniguruma, which `tokenizers` uses. Each is that of the tokenizers of
a family of models.
"""


def either(*expressions: str) -> str:
    """The first of these that matches."""
    return "|".join(expressions)


SHORT = "'s|'t|'re|'ve|'m|'ll|'d"
ANY_CASE_SHORT = f"(?i:{SHORT})"
SPACES = r"\s+(?!\S)|\s+"
LINES = r"\s*[\r\n]+"
SIGNS = r" ?[^\s\p{L}\p{N}]+"
SIGNS_TO_LINE_END = SIGNS + r"[\r\n]*"
SIGNS_TO_LINE_END_OR_SLASH = SIGNS + r"[\r\n/]*"
LEAD = r"[^\r\n\p{L}\p{N}]?"
LETTERS = LEAD + r"\p{L}+"

GPT_2 = either(SHORT, r" ?\p{L}+", r" ?\p{N}+", SIGNS, SPACES)


def words(letters: str, numbers: str, *, short: bool = True) -> str:
    """The expression of cl100k and its many kin.

    Args:
        short: Whether English short forms ('ll) are cut off.
    """
    end = (numbers, SIGNS_TO_LINE_END, LINES, SPACES)
    return either(*([ANY_CASE_SHORT] if short else []), letters, *end)


LLAMA_3 = words(LETTERS, r"\p{N}{1,3}")
QWEN_2 = words(LETTERS, r"\p{N}")

# Words that change from small to capital letters fall apart: "camelCase".
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"


def cased_words(numbers: str, *, short: str = "", upper: str, lower: str) -> str:
    """The expression of o200k and its kin.

    Args:
        short: Expression of the short forms that stay with a word.
        upper: Set of the letters that a word begins with.
        lower: Set of those that it goes on with.
    """
    return either(
        f"{LEAD}{upper}*{lower}+{short}",
        f"{LEAD}{upper}+{lower}*{short}",
        numbers,
        SIGNS_TO_LINE_END_OR_SLASH,
        LINES,
        SPACES,
    )


TEKKEN = cased_words(r"\p{N}", upper=UPPER, lower=LOWER)
GPT_4O = cased_words(
    r"\p{N}{1,3}", short=ANY_CASE_SHORT + "?", upper=UPPER, lower=LOWER
)

DIGIT = r"\p{N}"
THREE_DIGITS = r"\p{N}{1,3}"
# 1234567 is 1, 234, 567.
THREES_FROM_THE_RIGHT = r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))"

LATIN_AFTER_SIGN = r"[!\x22#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
MARKED_LETTERS = r"[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
SYMBOLS = r" ?[\p{P}\p{S}]+"
CHINESE_OR_KANA = r"[\x{4e00}-\x{9fa5}\x{3040}-\x{309f}\x{30a0}-\x{30ff}]+"
DEEPSEEK_3 = either(
    LATIN_AFTER_SIGN, MARKED_LETTERS, SYMBOLS + r"[\r\n]*", LINES, SPACES
)

# Letters with case as Unicode 10 knew them, some scripts left out.
CASED_LETTER = (
    r"[\p{Lu}\p{Ll}\p{Lt}&&[^\x{0560}-\x{0588}\x{10c7}\x{10cd}\x{10d0}-\x{10ff}"
    r"\x{1c80}-\x{1c8f}"
    r"\x{2d00}-\x{2d2f}\x{a790}-\x{a7ff}\x{ab30}-\x{ab6f}\x{10570}-\x{105bf}"
    r"\x{10d50}-\x{10d8f}\x{16e40}-\x{16edf}\x{1d400}-\x{1d7ff}"
    r"\x{1df00}-\x{1df2f}]]"
)
CHINESE_AND_MORE = r"[\x{4e00}-\x{9fa5}\x{0800}-\x{4e00}\x{ac00}-\x{d7ff}]+"

ASIAN = (
    r"[\x{4e00}-\x{9fff}\x{3400}-\x{4dbf}\x{f900}-\x{faff}"  # Chinese
    r"\x{3040}-\x{309f}\x{30a0}-\x{30ff}\x{ff65}-\x{ff9f}"  # kana
    r"\x{2f00}-\x{2fdf}\x{0e40}-\x{0e7f}\x{0e80}-\x{0eff}"  # Thai, Lao
    r"\x{1780}-\x{17ff}\x{1000}-\x{109f}\x{aa60}-\x{aa7f}"  # Khmer, Myanmar
    r"\x{a9e0}-\x{a9ff}\x{ac00}-\x{d7af}\x{1100}-\x{11ff}]+"
)

TO_PUNCTUATION = r" ?[^(\s|.,!?…。，、।۔،)]+"
FALCON_SIGNS = r"[\p{P}$+<=>^~|`]+"

HAN = r"\p{Han}"
KIMI = either(
    f"{HAN}+",
    cased_words(
        r"\p{N}{1,3}",
        short=ANY_CASE_SHORT + "?",
        upper=UPPER[:-1] + f"&&[^{HAN}]]",
        lower=LOWER[:-1] + f"&&[^{HAN}]]",
    ).replace(SIGNS_TO_LINE_END_OR_SLASH, SIGNS_TO_LINE_END),
)
