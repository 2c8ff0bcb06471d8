r"""How byte-level tokenizers cut a text into words before they merge bytes.

One entry for each value of `tokenizer.ggml.pre`. The expressions are those of the
models' own tokenizers, in the syntax of Oniguruma, which `tokenizers` uses; they are
put together from named parts, since most differ in one or two. Each expression cuts
further what the one before left. To add a kind: one line in `_KINDS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSplit:
    """How one kind of byte-level tokenizer treats text before its merges."""

    expressions: tuple[str, ...]
    after_bytes: tuple[str, ...] = ()
    """These see letters that stand for bytes."""
    ignores_merges: bool = False
    """A word that is a token is that token, whatever the merges give."""
    adds_bos: bool = False
    """A text begins with the token for its beginning, where the file does not say."""
    composes: bool = False
    """Text is brought into Unicode's form NFC first."""


def _either(*expressions: str) -> str:
    return "|".join(expressions)


_SHORT = "'s|'t|'re|'ve|'m|'ll|'d"
_ANY_CASE_SHORT = f"(?i:{_SHORT})"
_SPACES = r"\s+(?!\S)|\s+"
_LINES = r"\s*[\r\n]+"
_SIGNS = r" ?[^\s\p{L}\p{N}]+"
_SIGNS_TO_LINE_END = _SIGNS + r"[\r\n]*"
_SIGNS_TO_LINE_END_OR_SLASH = _SIGNS + r"[\r\n/]*"
_LEAD = r"[^\r\n\p{L}\p{N}]?"
_LETTERS = _LEAD + r"\p{L}+"

_GPT_2 = _either(_SHORT, r" ?\p{L}+", r" ?\p{N}+", _SIGNS, _SPACES)


def _words(letters: str, numbers: str, *, short: bool = True) -> str:
    """The expression of cl100k and its many kin."""
    end = (numbers, _SIGNS_TO_LINE_END, _LINES, _SPACES)
    return _either(*([_ANY_CASE_SHORT] if short else []), letters, *end)


_LLAMA_3 = _words(_LETTERS, r"\p{N}{1,3}")
_QWEN_2 = _words(_LETTERS, r"\p{N}")

# Words that change from small to capital letters fall apart: "camelCase".
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"


def _cased_words(numbers: str, *, short: str = "", upper: str, lower: str) -> str:
    """The expression of o200k and its kin."""
    return _either(
        f"{_LEAD}{upper}*{lower}+{short}",
        f"{_LEAD}{upper}+{lower}*{short}",
        numbers,
        _SIGNS_TO_LINE_END_OR_SLASH,
        _LINES,
        _SPACES,
    )


_TEKKEN = _cased_words(r"\p{N}", upper=_UPPER, lower=_LOWER)
_GPT_4O = _cased_words(
    r"\p{N}{1,3}", short=_ANY_CASE_SHORT + "?", upper=_UPPER, lower=_LOWER
)

_DIGIT = r"\p{N}"
_THREE_DIGITS = r"\p{N}{1,3}"
# 1234567 is 1, 234, 567.
_THREES_FROM_THE_RIGHT = r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))"

_LATIN_AFTER_SIGN = r"[!\x22#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
_MARKED_LETTERS = r"[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
_SYMBOLS = r" ?[\p{P}\p{S}]+"
_CHINESE_OR_KANA = r"[\x{4e00}-\x{9fa5}\x{3040}-\x{309f}\x{30a0}-\x{30ff}]+"
_DEEPSEEK_3 = _either(
    _LATIN_AFTER_SIGN, _MARKED_LETTERS, _SYMBOLS + r"[\r\n]*", _LINES, _SPACES
)

# Letters with case as Unicode 10 knew them, some scripts left out.
_CASED_LETTER = (
    r"[\p{Lu}\p{Ll}\p{Lt}&&[^\x{0560}-\x{0588}\x{10c7}\x{10cd}\x{10d0}-\x{10ff}\x{1c80}-\x{1c8f}"
    r"\x{2d00}-\x{2d2f}\x{a790}-\x{a7ff}\x{ab30}-\x{ab6f}\x{10570}-\x{105bf}"
    r"\x{10d50}-\x{10d8f}\x{16e40}-\x{16edf}\x{1d400}-\x{1d7ff}"
    r"\x{1df00}-\x{1df2f}]]"
)
_CHINESE_AND_MORE = r"[\x{4e00}-\x{9fa5}\x{0800}-\x{4e00}\x{ac00}-\x{d7ff}]+"

_ASIAN = (
    r"[\x{4e00}-\x{9fff}\x{3400}-\x{4dbf}\x{f900}-\x{faff}\x{3040}-\x{309f}\x{30a0}-\x{30ff}\x{ff65}-\x{ff9f}"
    r"\x{2f00}-\x{2fdf}\x{0e40}-\x{0e7f}\x{0e80}-\x{0eff}\x{1780}-\x{17ff}\x{1000}-\x{109f}\x{aa60}-\x{aa7f}"
    r"\x{a9e0}-\x{a9ff}\x{ac00}-\x{d7af}\x{1100}-\x{11ff}]+"
)

_TO_PUNCTUATION = r" ?[^(\s|.,!?…。，、।۔،)]+"
_FALCON_SIGNS = r"[\p{P}$+<=>^~|`]+"

_HAN = r"\p{Han}"
_KIMI = _either(
    f"{_HAN}+",
    _cased_words(
        r"\p{N}{1,3}",
        short=_ANY_CASE_SHORT + "?",
        upper=_UPPER[:-1] + f"&&[^{_HAN}]]",
        lower=_LOWER[:-1] + f"&&[^{_HAN}]]",
    ).replace(_SIGNS_TO_LINE_END_OR_SLASH, _SIGNS_TO_LINE_END),
)

_GPT_2_SPLIT = WordSplit(expressions=(_GPT_2,))
_DIGITS_SPLIT = WordSplit(expressions=(_DIGIT, _GPT_2))
_LLAMA_3_SPLIT = WordSplit(expressions=(_LLAMA_3,))
_QWEN_2_SPLIT = WordSplit(expressions=(_QWEN_2,))
_GPT_4O_SPLIT = WordSplit(expressions=(_GPT_4O,))
_DEEPSEEK_3_SPLIT = WordSplit(
    expressions=(_THREE_DIGITS, _CHINESE_OR_KANA, _DEEPSEEK_3)
)
_LING_SPLIT = WordSplit(
    expressions=(
        _either(
            r"'(?i:[sdmt]|ll|ve|re)",
            r"[^\r\n\p{L}\p{N}]?+\p{L}+",
            _DIGIT,
            r" ?[^\s\p{L}\p{N}]++[\r\n]*",
            r"\s*[\r\n]",
            _SPACES,
        ),
    )
)
_BLOOM_SPLIT = WordSplit(expressions=(_TO_PUNCTUATION,))

_KINDS: tuple[tuple[str, WordSplit], ...] = (
    (
        # What files have that were made before there were kinds.
        "default",
        WordSplit(
            expressions=(r"[\p{P}$+<=>^~|]+", _GPT_2, r"\p{N}+", "[0-9][0-9][0-9]")
        ),
    ),
    (
        "gpt-2 phi-2 jina-es jina-de jina-v2-es jina-v2-de jina-v1-en jina-v2-code"
        " roberta-bpe gigachat a.x-4.0 mellum modern-bert jais trillion"
        " granite-docling exaone4",
        _GPT_2_SPLIT,
    ),
    # GPT-NeoX's tokenizer.
    ("mpt olmo", WordSplit(expressions=(_GPT_2,), composes=True)),
    (
        "starcoder refact smollm codeshell exaone minerva-7b mellum2",
        _DIGITS_SPLIT,
    ),
    ("command-r", WordSplit(expressions=(_DIGIT, _GPT_2), composes=True)),
    (
        "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2"
        " jina-v5-nano",
        WordSplit(expressions=(_LLAMA_3,), ignores_merges=True, adds_bos=True),
    ),
    ("dbrx smaug-bpe chatglm-bpe", _LLAMA_3_SPLIT),
    ("glm4 glm5", WordSplit(expressions=(_LLAMA_3,), ignores_merges=True)),
    (
        "minicpm5",
        WordSplit(
            expressions=(_THREE_DIGITS, _words(_LETTERS, r"\p{N}+")),
            ignores_merges=True,
        ),
    ),
    (
        "jais-2",
        WordSplit(
            expressions=(
                _LLAMA_3.removesuffix(_SPACES)
                + _either(
                    *(rf"\s{{{2**power}}}(?!\S)" for power in range(9, 1, -1)),
                    r"\s{1,2}(?!\S)",
                    r"\s{1}",
                ),
            )
        ),
    ),
    (
        "qwen2 deepseek-r1-qwen f2llmv2",
        WordSplit(expressions=(_QWEN_2,), composes=True),
    ),
    ("megrez kormo stablelm2 hunyuan solar-open grok-2", _QWEN_2_SPLIT),
    (
        "qwen35",
        WordSplit(
            expressions=(
                _either(
                    _ANY_CASE_SHORT,
                    _LEAD + r"[\p{L}\p{M}]+",
                    _DIGIT,
                    r" ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*",
                    _LINES,
                    _SPACES,
                ),
            ),
            composes=True,
        ),
    ),
    ("ufakzeka", WordSplit(expressions=(_words(_LETTERS, _DIGIT, short=False),))),
    ("laguna", WordSplit(expressions=(r"[^\n]+|[\n]+", _QWEN_2))),
    (
        "seed-coder",
        WordSplit(
            expressions=(
                _either(
                    _ANY_CASE_SHORT,
                    _LETTERS,
                    _DIGIT,
                    r" ?[^\s\p{L}\p{N}\r\n]+",
                    _LINES,
                    _SPACES,
                ),
            )
        ),
    ),
    ("bailingmoe bailingmoe2 llada-moe", _LING_SPLIT),
    (
        "exaone-moe",
        WordSplit(
            expressions=(
                _either(
                    _ANY_CASE_SHORT,
                    _LEAD + r"(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+",
                    _DIGIT,
                    _SIGNS + r"[\r\n/]?",
                    r"\s*[\r\n]",
                    _SPACES,
                ),
            )
        ),
    ),
    (
        "tekken",
        WordSplit(expressions=(_TEKKEN,), ignores_merges=True, adds_bos=True),
    ),
    ("gpt-4o llama4 kanana2 talkie minimax-m2", _GPT_4O_SPLIT),
    (
        "granite-embed-multi-97m",
        WordSplit(expressions=(_GPT_4O,), ignores_merges=True),
    ),
    (
        "tiny_aya cohere2moe",
        WordSplit(expressions=(r"\d{1,3}(?=(?:\d{3})*\b)", _GPT_4O), composes=True),
    ),
    ("kimi-k2", WordSplit(expressions=(_KIMI,))),
    ("deepseek-v3 hunyuan-dense joyai-llm hy_v4", _DEEPSEEK_3_SPLIT),
    (
        "spark2_5",
        WordSplit(
            expressions=(
                _THREE_DIGITS,
                _CHINESE_OR_KANA,
                _either(
                    _LATIN_AFTER_SIGN, _MARKED_LETTERS, _SYMBOLS, r"[\r\n]", _SPACES
                ),
                _DIGIT,
            )
        ),
    ),
    (
        "afmoe",
        WordSplit(expressions=(_THREES_FROM_THE_RIGHT, _ASIAN, _DEEPSEEK_3)),
    ),
    (
        "youtu",
        WordSplit(
            expressions=(
                _either(
                    r"[\x{ac00}-\x{d7a3}\x{3131}-\x{318e}]+",
                    r"[！…“”‘’—：；，\x{3001}-\x{303f}︰-﹏]+",
                    r"[\x{3105}-\x{312f}]+",
                    _CHINESE_OR_KANA,
                ),
                _GPT_4O.replace(r"\p{N}{1,3}", _DIGIT),
            ),
            ignores_merges=True,
        ),
    ),
    (
        "deepseek-llm",
        WordSplit(
            expressions=(
                r"[\r\n]",
                rf"\s?{_CASED_LETTER}+",
                r"\s?[!-/:-~！-／：-～‘-‟\x{3000}-。]+",
                r"\s+$",
                _CHINESE_AND_MORE,
                r"\p{N}+",
            )
        ),
    ),
    (
        "deepseek-coder",
        WordSplit(
            expressions=(
                r"[\r\n]",
                r"\s?\p{L}+",
                r"\s?\p{P}+",
                _CHINESE_AND_MORE,
                _DIGIT,
            )  # fmt: skip
        ),
    ),
    (
        "falcon",
        # Its own tokenizer looks for digits among the letters that stand for bytes.
        WordSplit(
            expressions=(_FALCON_SIGNS, _GPT_2),
            after_bytes=(r"\p{N}+", "[0-9][0-9][0-9]"),
        ),
    ),
    ("poro-chat bloom gpt3-finnish", _BLOOM_SPLIT),
    ("viking", WordSplit(expressions=(_TO_PUNCTUATION, _DIGIT))),
    (
        "chameleon",
        WordSplit(
            expressions=(
                "<sentinel:[0-9]+>",
                "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z",
                r"([\t\n]|    |  )",
                _DIGIT,
                r"[\p{P}!-/:-@\[-`{-~]",
                _GPT_2,
            ),
            adds_bos=True,
        ),
    ),
    ("superbpe", WordSplit(expressions=(r"\p{N}+", r"(?=(\d{3})+(?!\d))"))),
)

WORD_SPLITS: Mapping[str, WordSplit] = {
    name: split for names, split in _KINDS for name in names.split()
}
"""By the value of `tokenizer.ggml.pre`."""

SPACED_KINDS: Mapping[str, bool] = {
    "gemma4": True,
    "granite-embed-multi-311m": True,
    "sarvam-moe": False,
}
"""Those with `▁` for spaces and whole lines for words; whether a text then begins
with the token for its beginning, where the file does not say."""
