"""A model that has a tokenizer and a template but no weights."""

from pathlib import Path
from typing import Any

from mlxtui.inference.markers import find_markers
from mlxtui.inference.model import Model
from tests.models import write_tokenizer


def model_with_tokenizer(tokenizer: Any, context_tokens: int = 100_000) -> Model:
    """For what looks at the tokenizer only."""
    return Model(
        path=Path("model"),
        name="model",
        network=None,  # type: ignore[arg-type]
        tokenizer=tokenizer,
        context_tokens=context_tokens,
        memory_bytes=0,
        vocabulary_size=len(tokenizer),
        stop_token_ids=frozenset(),
        markers=find_markers(tokenizer),
        defaults={},
    )


def small_tokenizer(folder: Path, chat_template: str | None) -> Any:
    """The tokenizer of tests/models.py, loaded as mlx-lm does."""
    from mlx_lm.tokenizer_utils import load

    write_tokenizer(folder, chat_template)
    return load(folder)
