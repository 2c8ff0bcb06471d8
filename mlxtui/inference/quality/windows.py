"""The shipped texts as token ids, cut to what a model can read at once."""

from pathlib import Path
from typing import Any

from mlx_lm.utils import load_config, load_tokenizer

from mlxtui.inference.model import LOADING_ERRORS, refusal
from mlxtui.inference.quality.texts import texts

Windows = tuple[tuple[int, ...], ...]
"""Token ids; of each window every token but the first is predicted."""

# Of each text, so that a tokenizer that does not know a language cannot make a
# measurement last much longer: 6,144 tokens in all at the most.
_TEXT_TOKENS = 2048

# More context than this makes a step slower and the figures hardly different.
_WINDOW_TOKENS = 1024


def text_windows(folder: Path) -> Windows:
    """The texts in the tokens of a model, each in windows of at most its context.

    Touches no MLX array: it may run in any thread.

    Raises:
        ModelRefused: The folder's config or tokenizer cannot be read.
    """
    try:
        config = load_config(folder)
        tokenizer = load_tokenizer(
            folder, {"trust_remote_code": False, "local_files_only": True}
        )
        length = min(_context_tokens(config), _WINDOW_TOKENS)
        windows = [
            window for text in texts() for window in _cut(tokenizer, text, length)
        ]
    except LOADING_ERRORS as error:
        raise refusal(folder, error) from error
    return tuple(windows)


def position_count(windows: Windows) -> int:
    """How many tokens are predicted in all."""
    return sum(len(window) - 1 for window in windows)


def _cut(tokenizer: Any, text: str, length: int) -> list[tuple[int, ...]]:
    ids = tokenizer.encode(text, add_special_tokens=False)[:_TEXT_TOKENS]
    start: tuple[int, ...] = ()
    if tokenizer.encode("a")[0] == tokenizer.bos_token_id:
        start = (tokenizer.bos_token_id,)
    body = length - len(start)
    # Without a start token the last token of a window is the next one's context.
    stride = body if start else body - 1
    pieces = [start + tuple(ids[at : at + body]) for at in range(0, len(ids), stride)]
    # A rest of a few tokens would be predicted almost without a context.
    return [piece for piece in pieces if len(piece) > 1 + length // 16]


def _context_tokens(config: dict[str, Any]) -> int:
    text_config = config.get("text_config")
    text = text_config if isinstance(text_config, dict) else config
    context = text.get("max_position_embeddings")
    if isinstance(context, int) and context > 2:
        return context
    return _WINDOW_TOKENS
