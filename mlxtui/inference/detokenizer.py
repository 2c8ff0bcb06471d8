"""Token ids to text, one token at a time, with every space and character right.

mlx-lm's streaming detokenizers drop the first space of a continuation. Here the text
is what the tokenizer's own `decode` says, looked at through a window of few tokens:
the method of Hugging Face's text-generation-inference (`decode_token`).
"""

from collections.abc import Callable, Sequence

# Prompt tokens in front of the first window: what the first new token joins on to.
_CONTEXT_TOKENS = 6

# A character is at most 4 byte tokens; past that a replacement character is real.
_MAX_HELD_TOKENS = 4

_REPLACEMENT = "\ufffd"


class Detokenizer:
    """The text of a growing list of tokens.

    Args:
        decode: Token ids to text, special tokens included.
        prompt_tokens: What came before; only its end is looked at.
    """

    def __init__(
        self, decode: Callable[[Sequence[int]], str], prompt_tokens: Sequence[int]
    ) -> None:
        self._decode = decode
        self._window = list(prompt_tokens[-_CONTEXT_TOKENS:])
        self._shown = len(self._window)  # tokens of the window whose text is out
        self._shown_text = decode(self._window) if self._window else ""
        self._held = 0  # tokens since the last one that completed a character

    def add(self, token: int) -> str:
        """The text that this token completes; empty while a character is not whole."""
        self._window.append(token)
        self._held += 1
        text = self._decode(self._window)
        if text.endswith(_REPLACEMENT) and self._held <= _MAX_HELD_TOKENS:
            # A token may end one character and begin the next.
            whole = text.rstrip(_REPLACEMENT)
            new_text = whole[len(self._shown_text) :]
            if new_text:
                self._shown_text, self._held = whole, 1
            return new_text
        new_text = text[len(self._shown_text) :]
        if new_text:
            self._window = self._window[self._shown :]
            self._shown = len(self._window)
            self._shown_text = self._decode(self._window)
            self._held = 0
        return new_text
