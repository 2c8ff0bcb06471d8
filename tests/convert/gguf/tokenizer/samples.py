"""Texts on which tokenizers differ, and vocabularies as GGUF files have them."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tokenizers import Tokenizer

from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.tokenizer import tokenizer_files

TEXTS: tuple[str, ...] = (
    "",
    " ",
    "Hello, world!",
    " leading and trailing ",
    "Übergrößenträger naïve résumé – “quotes” … e\u0301 n\u0303",
    "Съешь ещё этих мягких французских булок, да выпей чаю.",
    "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.",
    "أبجد هوز حطي كلمن، ١٢٣٤٥٦ سعفص؟",
    "דג סקרן שט בים מאוכזב ולפתע מצא חברה.",
    "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण।",
    "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า",
    "天地玄黃，宇宙洪荒。我想在apple工作1314151天～",
    "いろはにほへと ちりぬるを、カタカナとｶﾀｶﾅ。東京都は１２３番。",
    "키스의 고유조건은 입술끼리 만나야 하고",
    "កាន់តែពិសេសអាច ထမင်းစားပြီးပြီလား",
    "def f(x: int) -> str:\n\treturn f'{x:>08}'  # ok\r\n    pass\n",
    "camelCaseHTTPServer snake_case kebab-case SCREAMING_CASE x86_64",
    "I've been 'told he's there, 'RE you sure? WE'LL see, Y'ALL'D",
    "3 33 333 3333 33333 3.14 1,234,567.89 ½ ² Ⅷ 10⁻³",
    "🚀 (normal) 😶‍🌫️ 👩‍👩‍👧‍👦 🇯🇵🇩🇪 ✅ 🏳️‍🌈",
    "\x00\x01\x07\x1b[31m\x7f\x85\u200b\u200e\ufeff",
    "a b  c   d    e     f      g\t\th \t i",
    "\n \n\n \n\n\n \t \t\t \t\n  \n   \n    \n     \n",
    "\u00a0no-break\u2003em\u3000ideographic\u2028line",
    "!!!???...---===***///\\\\\\(((]]]}}}<<<>>>|||&&&@@@##",
    "https://example.com/a?b=c&d=%20#e mail@example.org",
    "日本語とEnglishが混ざったtext、数字123も。",
)

any_text = st.text(
    alphabet=st.one_of(
        st.sampled_from(" \n\t\r'aAbs1é日本のß,.!?<|>[]/_-🚀\u0301\u200d\u00a0"),
        st.characters(codec="utf-8"),
    ),
    max_size=60,
)


def made(
    facts: Mapping[str, Any], vocabulary: Vocabulary, chat_template: str = ""
) -> dict[str, Any]:
    """The files that become of a vocabulary, JSON read."""
    files = tokenizer_files(
        facts, vocabulary, chat_template=chat_template, context_length=512
    )
    return {
        name: json.loads(content) if name.endswith(".json") else content.decode()
        for name, content in files.items()
    }


def made_tokenizer(facts: Mapping[str, Any], vocabulary: Vocabulary) -> Tokenizer:
    """The tokenizer that becomes of a vocabulary."""
    content = made(facts, vocabulary)["tokenizer.json"]
    return Tokenizer.from_str(json.dumps(content))


def byte_level_vocabulary(tokenizer: Tokenizer) -> Vocabulary:
    """The vocabulary of a byte-level tokenizer as converters to GGUF write it."""
    content = json.loads(tokenizer.to_str())
    ids: dict[str, int] = content["model"]["vocab"]
    added = {token["content"]: token for token in content["added_tokens"]}
    tokens = sorted(ids, key=lambda text: ids[text])
    types = [
        (3 if added[text]["special"] else 4) if text in added else 1 for text in tokens
    ]
    merges = [" ".join(merge) for merge in content["model"]["merges"]]
    return Vocabulary(tokens, types=types, merges=merges)


def encoded(tokenizer: Tokenizer, text: str) -> list[int]:
    """Ids of a text alone."""
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids
