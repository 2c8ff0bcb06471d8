"""The guide's tokenizer: byte-level byte-pair encoding over its own texts."""

import random
from collections.abc import Iterable
from typing import Final

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

BEGIN: Final = "<|begin|>"
USER: Final = "<|user|>"
ASSISTANT: Final = "<|assistant|>"
END: Final = "<|end|>"
SPECIAL_TOKENS: Final = (BEGIN, USER, ASSISTANT, END)

# 2048 rows of the embedding are 0.4 million parameters at width 192; more would
# only hold whole phrases of the answers and leave rare words less trained.
VOCABULARY_SIZE: Final = 2048

# Words are cut where the script changes, so that a Japanese word has the same
# tokens wherever it stands. Only Latin words, digits and signs take the space
# before them.
_WORDS: Final = (
    r"'(?:s|t|re|ve|m|ll|d)\b"
    r"| ?[A-Za-z\u00c0-\u024f]+"
    r"|[\p{Han}\u3005]+"
    r"|\p{Hiragana}+"
    r"|[\p{Katakana}\u30fc]+"
    r"|\p{L}+"
    r"| ?\p{N}"
    r"| ?[^\s\p{L}\p{N}]+"
    r"|\s+"
)

# A space before the question gives its first word the same token as elsewhere.
CHAT_TEMPLATE: Final = (
    "{{ '" + BEGIN + "' }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}"
    "{{ '" + USER + " ' + message['content'] | trim }}"
    "{% elif message['role'] == 'assistant' %}"
    "{{ '" + ASSISTANT + "' + message['content'] + '" + END + "' }}"
    "{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '" + ASSISTANT + "' }}{% endif %}\n"
)


def train_tokenizer(
    texts: Iterable[str], vocabulary_size: int = VOCABULARY_SIZE
) -> Tokenizer:
    """Trains the tokenizer.

    Args:
        texts: Questions and answers; the same texts give the same tokenizer.
        vocabulary_size: Tokens at most, at least 260 (bytes and special tokens).

    Returns:
        A tokenizer that encodes any text, and decodes it to the same text.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def token_id(tokenizer: Tokenizer, token: str) -> int:
    """Returns the id of a token.

    Raises:
        ValueError: If the tokenizer does not have the token.
    """
    number: int | None = tokenizer.token_to_id(token)
    if number is None:
        raise ValueError(f"the tokenizer has no token {token!r}")
    return number


class QuestionEncoder:
    """Encodes questions, cutting some words in two at random.

    Unlike the dropout of `tokenizers`, which has no seed, this gives the same
    tokens for the same random numbers, and the build can be repeated.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, tuple[int, ...]] = {}

    def encode(
        self, question: str, generator: random.Random, cut_share: float
    ) -> list[int]:
        """Returns the token ids of a question, as it stands in a conversation.

        Args:
            question: The text after the user token, without the space.
            generator: Gives the cuts.
            cut_share: The share of words to cut, 0 to 1.
        """
        words = self._tokenizer.pre_tokenizer.pre_tokenize_str(f" {question}")
        tokens: list[int] = []
        for word, _ in words:
            starts = _letter_starts(word)
            if len(starts) > 1 and generator.random() < cut_share:
                place = generator.choice(starts[1:])
                tokens += self._word(word[:place]) + self._word(word[place:])
            else:
                tokens += self._word(word)
        return tokens

    def _word(self, word: str) -> tuple[int, ...]:
        if word not in self._known:
            pieces = self._tokenizer.model.tokenize(word)
            self._known[word] = tuple(piece.id for piece in pieces)
        return self._known[word]


def _letter_starts(word: str) -> list[int]:
    """Returns where the letters of a word in byte letters begin."""
    return [place for place, byte in enumerate(word) if byte not in _CONTINUATION]


def _continuation_letters() -> frozenset[str]:
    # Byte letters of 0x80 to 0xbf, which never begin a UTF-8 letter.
    encoder = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    letters = set()
    for code in range(0x80, 0xC0):
        letters.add(encoder.pre_tokenize_str(chr(code))[0][0][1])
    return frozenset(letters)


_CONTINUATION: Final = _continuation_letters()
