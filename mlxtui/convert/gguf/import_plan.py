"""All of an import that can be known before a weight is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlxtui.convert import config_file
from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.file_identity import file_states
from mlxtui.convert.gguf.new_model import NewModel, new_model
from mlxtui.convert.gguf.opened import open_gguf
from mlxtui.convert.gguf.tokenizer import (
    end_token_ids,
    special_token_ids,
    tokenizer_files,
)
from mlxtui.convert.gguf.vocabulary import fitted_vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What a file becomes; holds no file open."""

    files: tuple[Path, ...]
    """All parts of the GGUF file, the first one first."""
    states: tuple[tuple[int, int], ...]
    """Size in bytes and time in nanoseconds of each, as they were looked at."""
    chat_template: str
    """Family whose template the model gets; empty leaves it its own or none."""
    facts: Mapping[str, Any]
    model: NewModel
    small_files: Mapping[str, bytes]
    """Tokenizer, templates and generation defaults, by name."""
    token_ids: Mapping[str, Any]
    """What `config.json` says of tokens with a meaning: `eos_token_id`, …"""


def plan_import(files: Sequence[Path], chat_template: str) -> ImportPlan:
    """Look at a file, and make the small files of the new model in memory.

    It takes some seconds where the vocabulary is long.

    Args:
        files: All its parts, the first one first.
        chat_template: Family whose template a file without one gets; empty gives none.

    Raises:
        ModelRefused: The file is damaged, or of a kind that is not taken.
        OSError: It cannot be read.
    """
    states = file_states(files)
    with open_gguf(files) as opened:
        model = new_model(opened)
        model.sizes()  # refuses types that are not taken
        facts = dict(opened.facts)
        text_config = config_file.text_config(model.config)
        vocabulary = fitted_vocabulary(opened.vocabulary(), text_config["vocab_size"])
    small_files = tokenizer_files(
        facts,
        vocabulary,
        chat_template=chat_template or None,
        context_length=model.config.get("max_position_embeddings"),
    )
    return ImportPlan(
        files=tuple(files),
        states=states,
        chat_template=chat_template,
        facts=facts,
        model=model,
        small_files=small_files,
        token_ids=_token_ids(facts, vocabulary),
    )


def _token_ids(facts: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    ids: dict[str, Any] = dict(special_token_ids(facts, vocabulary))
    if ends := end_token_ids(facts, vocabulary):
        ids["eos_token_id"] = list(ends)
    return ids
