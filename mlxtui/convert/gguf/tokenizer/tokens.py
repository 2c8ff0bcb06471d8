"""The tokens of a GGUF file, made fit for a tokenizer: each text once, none empty."""

from collections.abc import Collection
from dataclasses import dataclass

from mlxtui.convert.gguf.described import Vocabulary

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
"""`tokenizer.ggml.token_type`."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Texts and types by id; `ids` is the way back."""

    texts: list[str]
    types: list[int]
    ids: dict[str, int]

    def is_plain(self, token_id: int) -> bool:
        """Whether it is an ordinary piece of text."""
        return self.types[token_id] not in (CONTROL, USER_DEFINED, UNKNOWN)


def unique_tokens(vocabulary: Vocabulary, preferred: Collection[int] = ()) -> Tokens:
    """Tokens with different texts at the same ids as in the file.

    Of tokens with the same text the last one keeps it, as in llama.cpp, unless an
    earlier one is among the preferred: the other ones never occur in a text.

    Args:
        vocabulary: As the file has it.
        preferred: Ids with a role, such as the end of a text.
    """
    count = len(vocabulary.tokens)
    types = list(vocabulary.types) or _types_by_text(vocabulary.tokens)
    texts: list[str] = [""] * count
    ids: dict[str, int] = {}
    left_out: list[int] = []
    for token_id, text in enumerate(vocabulary.tokens):
        if not text or _is_broken(text):
            left_out.append(token_id)
            continue
        before = ids.get(text)
        if before is not None and before in preferred:
            left_out.append(token_id)
            continue
        if before is not None:
            left_out.append(before)
        texts[token_id] = text
        ids[text] = token_id
    for token_id in left_out:
        text = f"[UNUSED_{token_id}]"
        while text in ids:
            text += "_"
        texts[token_id] = text
        ids[text] = token_id
        types[token_id] = UNUSED
    return Tokens(texts, types, ids)


def _types_by_text(tokens: Collection[str]) -> list[int]:
    """For files without types, as the first ones were."""
    known = {"<unk>": UNKNOWN, "<s>": CONTROL, "</s>": CONTROL}
    known |= {f"<0x{byte:02X}>": BYTE for byte in range(256)}
    return [known.get(text, NORMAL) for text in tokens]


def _is_broken(text: str) -> bool:
    """Whether it was no UTF-8: nothing that can be typed or read."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
