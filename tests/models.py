"""Small real models, made in the test: random weights, a trained tokenizer."""

import json
from pathlib import Path
from typing import Any, Literal

Shape = Literal["llama", "qwen3", "gemma3_text", "mixtral"]

CHAT_TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

THINKING_TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>"
    "{% if not enable_thinking %}<think></think>{% endif %}{% endif %}"
)

_SPECIAL = ("<|begin|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")

_TEXT = (
    "The quick brown fox jumps over the lazy dog. 日本語の文章も読めます。 "
    "One day, a little boy named Tim went to the park with his mom. 東京と大阪。"
)


def _config(shape: Shape, vocabulary_size: int) -> dict[str, Any]:
    config: dict[str, Any] = {
        "model_type": shape,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "vocab_size": vocabulary_size,
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
        "eos_token_id": 1,
    }
    if shape == "gemma3_text":
        # A short window, so that a test passes it.
        config |= {"sliding_window": 16, "sliding_window_pattern": 2}
        config |= {"query_pre_attn_scalar": 32, "rope_local_base_freq": 10000.0}
    if shape == "mixtral":
        config |= {"num_local_experts": 4, "num_experts_per_tok": 2}
        config |= {"tie_word_embeddings": False}
        del config["head_dim"]
    return config


def write_tokenizer(
    folder: Path, chat_template: str | None, *, endless: bool = False
) -> int:
    """Train a byte-level BPE tokenizer into a folder; returns its vocabulary size."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(_SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([_TEXT], trainer)
    # As in Qwen3: added, but not special, so that the reader of tokens sees them.
    tokenizer.add_tokens(["<think>", "</think>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|begin|>",
        "eos_token": "<|end|>",
    }
    if endless:
        del config["eos_token"]
    if chat_template is not None:
        # The token after an answer ends one, too.
        config["chat_template"] = (
            chat_template.replace("<|end|>", "\n") if endless else chat_template
        )
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return int(tokenizer.get_vocab_size())


def write_model(
    folder: Path,
    shape: Shape = "llama",
    *,
    chat_template: str | None = CHAT_TEMPLATE,
    seed: int = 0,
    endless: bool = False,
    **overrides: Any,
) -> Path:
    """Write a model folder with random float32 weights.

    Args:
        endless: No token ends an answer; only its limit or its reader does.
        overrides: Values of `config.json`; `quantization` also quantizes the weights.
    """
    import mlx.core as mx
    import mlx.nn as nn
    from mlx.utils import tree_flatten
    from mlx_lm.utils import _get_classes

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary_size = write_tokenizer(folder, chat_template, endless=endless)
    config = _config(shape, vocabulary_size) | overrides
    if endless:
        config["eos_token_id"] = []
    mx.random.seed(seed)
    model_class, args_class = _get_classes(config)
    network = model_class(args_class.from_dict(config))
    if "quantization" in config:
        nn.quantize(network, **config["quantization"])
    weights = dict(tree_flatten(network.parameters()))
    mx.eval(weights)
    mx.save_safetensors(
        str(folder / "model.safetensors"), weights, metadata={"format": "mlx"}
    )
    (folder / "config.json").write_text(json.dumps(config))
    return folder
