"""How byte-level tokenizers cut a text into words before they merge bytes.

One entry for each value of `tokenizer.ggml.pre`. The expressions are those of the
models' own tokenizers (`cuts`); each one cuts further what the one before left. To add
a kind: its name, or one entry, in `_KINDS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mlxtui.convert.gguf.tokenizer import cuts


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


_GPT_2_SPLIT = WordSplit(expressions=(cuts.GPT_2,))
_DIGITS_SPLIT = WordSplit(expressions=(cuts.DIGIT, cuts.GPT_2))
_LLAMA_3_SPLIT = WordSplit(expressions=(cuts.LLAMA_3,))
_QWEN_2_SPLIT = WordSplit(expressions=(cuts.QWEN_2,))
_GPT_4O_SPLIT = WordSplit(expressions=(cuts.GPT_4O,))
_DEEPSEEK_3_SPLIT = WordSplit(
    expressions=(
        cuts.THREE_DIGITS,
        cuts.CHINESE_OR_KANA,
        cuts.DEEPSEEK_3,
    )
)
_LING_SPLIT = WordSplit(
    expressions=(
        cuts.either(
            r"'(?i:[sdmt]|ll|ve|re)",
            r"[^\r\n\p{L}\p{N}]?+\p{L}+",
            cuts.DIGIT,
            r" ?[^\s\p{L}\p{N}]++[\r\n]*",
            r"\s*[\r\n]",
            cuts.SPACES,
        ),
    )
)
_BLOOM_SPLIT = WordSplit(expressions=(cuts.TO_PUNCTUATION,))

_KINDS: tuple[tuple[str, WordSplit], ...] = (
    (
        # What files have that were made before there were kinds.
        "default",
        WordSplit(
            expressions=(
                r"[\p{P}$+<=>^~|]+",
                cuts.GPT_2,
                r"\p{N}+",
                "[0-9][0-9][0-9]",
            )
        ),
    ),
    (
        "gpt-2 phi-2 jina-es jina-de jina-v2-es jina-v2-de jina-v1-en jina-v2-code"
        " roberta-bpe gigachat a.x-4.0 mellum modern-bert jais trillion"
        " granite-docling exaone4",
        _GPT_2_SPLIT,
    ),
    # GPT-NeoX's tokenizer.
    ("mpt olmo", WordSplit(expressions=(cuts.GPT_2,), composes=True)),
    (
        "starcoder refact smollm codeshell exaone minerva-7b mellum2",
        _DIGITS_SPLIT,
    ),
    (
        "command-r",
        WordSplit(expressions=(cuts.DIGIT, cuts.GPT_2), composes=True),
    ),
    (
        "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2"
        " jina-v5-nano",
        WordSplit(expressions=(cuts.LLAMA_3,), ignores_merges=True, adds_bos=True),
    ),
    ("dbrx smaug-bpe chatglm-bpe", _LLAMA_3_SPLIT),
    ("glm4 glm5", WordSplit(expressions=(cuts.LLAMA_3,), ignores_merges=True)),
    (
        "minicpm5",
        WordSplit(
            expressions=(
                cuts.THREE_DIGITS,
                cuts.words(cuts.LETTERS, r"\p{N}+"),
            ),
            ignores_merges=True,
        ),
    ),
    (
        "jais-2",
        WordSplit(
            expressions=(
                cuts.LLAMA_3.removesuffix(cuts.SPACES)
                + cuts.either(
                    *(rf"\s{{{2**power}}}(?!\S)" for power in range(9, 1, -1)),
                    r"\s{1,2}(?!\S)",
                    r"\s{1}",
                ),
            )
        ),
    ),
    (
        "qwen2 deepseek-r1-qwen f2llmv2",
        WordSplit(expressions=(cuts.QWEN_2,), composes=True),
    ),
    ("megrez kormo stablelm2 hunyuan solar-open grok-2", _QWEN_2_SPLIT),
    (
        "qwen35",
        WordSplit(
            expressions=(
                cuts.either(
                    cuts.ANY_CASE_SHORT,
                    cuts.LEAD + r"[\p{L}\p{M}]+",
                    cuts.DIGIT,
                    r" ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*",
                    cuts.LINES,
                    cuts.SPACES,
                ),
            ),
            composes=True,
        ),
    ),
    (
        "ufakzeka",
        WordSplit(expressions=(cuts.words(cuts.LETTERS, cuts.DIGIT, short=False),)),
    ),
    ("laguna", WordSplit(expressions=(r"[^\n]+|[\n]+", cuts.QWEN_2))),
    (
        "seed-coder",
        WordSplit(
            expressions=(
                cuts.either(
                    cuts.ANY_CASE_SHORT,
                    cuts.LETTERS,
                    cuts.DIGIT,
                    r" ?[^\s\p{L}\p{N}\r\n]+",
                    cuts.LINES,
                    cuts.SPACES,
                ),
            )
        ),
    ),
    ("bailingmoe bailingmoe2 llada-moe", _LING_SPLIT),
    (
        "exaone-moe",
        WordSplit(
            expressions=(
                cuts.either(
                    cuts.ANY_CASE_SHORT,
                    cuts.LEAD + r"(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+",
                    cuts.DIGIT,
                    cuts.SIGNS + r"[\r\n/]?",
                    r"\s*[\r\n]",
                    cuts.SPACES,
                ),
            )
        ),
    ),
    (
        "tekken",
        WordSplit(expressions=(cuts.TEKKEN,), ignores_merges=True, adds_bos=True),
    ),
    ("gpt-4o llama4 kanana2 talkie minimax-m2", _GPT_4O_SPLIT),
    (
        "granite-embed-multi-97m",
        WordSplit(expressions=(cuts.GPT_4O,), ignores_merges=True),
    ),
    (
        "tiny_aya cohere2moe",
        WordSplit(expressions=(r"\d{1,3}(?=(?:\d{3})*\b)", cuts.GPT_4O), composes=True),
    ),
    ("kimi-k2", WordSplit(expressions=(cuts.KIMI,))),
    ("deepseek-v3 hunyuan-dense joyai-llm hy_v4", _DEEPSEEK_3_SPLIT),
    (
        "spark2_5",
        WordSplit(
            expressions=(
                cuts.THREE_DIGITS,
                cuts.CHINESE_OR_KANA,
                cuts.either(
                    cuts.LATIN_AFTER_SIGN,
                    cuts.MARKED_LETTERS,
                    cuts.SYMBOLS,
                    r"[\r\n]",
                    cuts.SPACES,
                ),
                cuts.DIGIT,
            )
        ),
    ),
    (
        "afmoe",
        WordSplit(
            expressions=(
                cuts.THREES_FROM_THE_RIGHT,
                cuts.ASIAN,
                cuts.DEEPSEEK_3,
            )
        ),
    ),
    (
        "youtu",
        WordSplit(
            expressions=(
                cuts.either(
                    r"[\x{ac00}-\x{d7a3}\x{3131}-\x{318e}]+",
                    r"[！…“”‘’—：；，\x{3001}-\x{303f}︰-﹏]+",
                    r"[\x{3105}-\x{312f}]+",
                    cuts.CHINESE_OR_KANA,
                ),
                cuts.GPT_4O.replace(r"\p{N}{1,3}", cuts.DIGIT),
            ),
            ignores_merges=True,
        ),
    ),
    (
        "deepseek-llm",
        WordSplit(
            expressions=(
                r"[\r\n]",
                rf"\s?{cuts.CASED_LETTER}+",
                r"\s?[!-/:-~！-／：-～‘-‟\x{3000}-。]+",
                r"\s+$",
                cuts.CHINESE_AND_MORE,
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
                cuts.CHINESE_AND_MORE,
                cuts.DIGIT,
            )  # fmt: skip
        ),
    ),
    (
        "falcon",
        # Its own tokenizer looks for digits among the letters that stand for bytes.
        WordSplit(
            expressions=(cuts.FALCON_SIGNS, cuts.GPT_2),
            after_bytes=(r"\p{N}+", "[0-9][0-9][0-9]"),
        ),
    ),
    ("poro-chat bloom gpt3-finnish", _BLOOM_SPLIT),
    ("viking", WordSplit(expressions=(cuts.TO_PUNCTUATION, cuts.DIGIT))),
    (
        "chameleon",
        WordSplit(
            expressions=(
                "<sentinel:[0-9]+>",
                "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z",
                r"([\t\n]|    |  )",
                cuts.DIGIT,
                r"[\p{P}!-/:-@\[-`{-~]",
                cuts.GPT_2,
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
