"""A Hugging Face tokenizer folder from what a GGUF file says of its tokenizer."""

from mlxtui.convert.gguf.tokenizer.end_tokens import end_token_ids
from mlxtui.convert.gguf.tokenizer.families import (
    TEMPLATE_FAMILIES,
    offered_template,
    template_of,
)
from mlxtui.convert.gguf.tokenizer.folder_files import tokenizer_files
from mlxtui.convert.gguf.tokenizer.kinds import check_tokenizer
from mlxtui.convert.gguf.tokenizer.roles import special_token_ids

__all__ = [
    "TEMPLATE_FAMILIES",
    "check_tokenizer",
    "end_token_ids",
    "offered_template",
    "special_token_ids",
    "template_of",
    "tokenizer_files",
]
