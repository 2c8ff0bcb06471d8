"""The parts that tables of architectures are put together from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mlxtui.convert.gguf.architectures.weight import Weight


@dataclass(frozen=True, slots=True)
class Block:
    """A layer, or what stands around the layers: the beginnings of its names."""

    source: str
    """`blk.3.`, or nothing."""
    name: str
    """`model.layers.3.`, or `model.`."""
    index: int = -1
    """The layer's number from 0; -1 is none."""

    def linear(
        self,
        source: str,
        name: str,
        rows: int,
        width: int,
        *,
        bias: bool = False,
        can_pack: bool = True,
        head_count: int = 0,
        fused: str = "",
        first_row: int = 0,
        fused_rows: int = 0,
    ) -> Iterator[Weight]:
        """A linear layer.

        Args:
            source: Without the block's beginning and `.weight`: `attn_q`.
            name: Likewise, as mlx-lm calls it: `self_attn.q_proj`.
            rows: Outputs.
            width: Inputs.
            bias: Whether the model has one; zeros where the file has none.
            can_pack: False for weights that are no layer of their own in mlx-lm.
            head_count: Heads whose rows are permuted; 0 is none.
            fused: A tensor that the rows may be a part of, from `first_row`; it has
                `fused_rows` rows.
        """
        for ending in ("weight", "bias") if bias else ("weight",):
            is_weight = ending == "weight"
            yield Weight(
                name=f"{self.name}{name}.{ending}",
                source=f"{self.source}{source}.{ending}",
                shape=(rows, width) if is_weight else (rows,),
                can_pack=can_pack and is_weight,
                head_count=head_count,
                absent=None if is_weight else 0.0,
                fused=f"{self.source}{fused}.{ending}" if fused else "",
                first_row=first_row,
                fused_rows=fused_rows,
            )

    def norm(
        self,
        source: str,
        name: str,
        width: int,
        *,
        bias: bool = False,
        added: float = 0.0,
    ) -> Iterator[Weight]:
        """A norm's weight, and its bias where the model has one.

        Args:
            added: To each value of the weight: -1 for Gemma's.
        """
        yield Weight(
            name=f"{self.name}{name}.weight",
            source=f"{self.source}{source}.weight",
            shape=(width,),
            added=added,
        )
        if bias:
            yield Weight(
                name=f"{self.name}{name}.bias",
                source=f"{self.source}{source}.bias",
                shape=(width,),
            )

    def vector(self, source: str, name: str, *shape: int) -> Weight:
        """A weight that is no layer: both names are whole, the block's left out."""
        return Weight(
            name=f"{self.name}{name}", source=f"{self.source}{source}", shape=shape
        )

    def choice(self, source: str, name: str, count: int) -> Weight:
        """What is added to the experts' scores when some are chosen, as `vector`."""
        return Weight(
            name=f"{self.name}{name}",
            source=f"{self.source}{source}",
            shape=(count,),
            is_always_exact=True,
            absent=0.0,
        )

    def experts(
        self,
        source: str,
        name: str,
        count: int,
        rows: int,
        width: int,
        *,
        bias: bool = False,
        first_row: int = -1,
    ) -> Iterator[Weight]:
        """The same linear layer of all experts, in one tensor or one each.

        Args:
            source: `ffn_gate_exps`; old converters wrote `ffn_gate.0`, `ffn_gate.1`, …
            first_row: Where each expert's rows begin in `ffn_gate_up_exps`, which may
                stand for gate and up; -1 is for those that are never fused.
        """
        apart = source.removesuffix("_exps")
        yield Weight(
            name=f"{self.name}{name}.weight",
            source=f"{self.source}{source}.weight",
            shape=(count, rows, width),
            can_pack=True,
            parts=tuple(f"{self.source}{apart}.{e}.weight" for e in range(count)),
            fused=f"{self.source}ffn_gate_up_exps.weight" if first_row >= 0 else "",
            first_row=max(first_row, 0),
            fused_rows=2 * rows,
        )
        if bias:
            yield Weight(
                name=f"{self.name}{name}.bias",
                source=f"{self.source}{source}.bias",
                shape=(count, rows),
            )


def around(
    config: Mapping[str, Any],
    *,
    model: str = "model.",
    head: str = "lm_head",
    head_bias: bool = False,
    norm: str = "norm",
    norm_bias: bool = False,
    embedding: str = "embed_tokens",
    added: float = 0.0,
    can_pack_embedding: bool = True,
) -> Iterator[Weight]:
    """The embedding, the last norm, and the head where it is no embedding.

    Args:
        model: What mlx-lm's names begin with.
        head: The head's name, all of it.
        norm: The last norm's name after `model`.
        embedding: The embedding's name after `model`.
        added: To each value of the norm.
        can_pack_embedding: False where mlx-lm's head takes the embedding's numbers.
    """
    hidden, vocabulary = config["hidden_size"], config["vocab_size"]
    block = Block("", model)
    yield from block.linear(
        "token_embd", embedding, vocabulary, hidden, can_pack=can_pack_embedding
    )
    yield from block.norm("output_norm", norm, hidden, bias=norm_bias, added=added)
    if config["tie_word_embeddings"]:
        return
    for weight in Block("", "").linear(
        "output", head, vocabulary, hidden, bias=head_bias
    ):
        # Some models of mlx-lm have a head of their own even where it is the embedding.
        is_weight = weight.source == "output.weight"
        yield replace(weight, parts=("token_embd.weight",)) if is_weight else weight


def layers(config: Mapping[str, Any], *, model: str = "model.") -> Iterator[Block]:
    """The layers, the first one first."""
    for index in range(config["num_hidden_layers"]):
        yield Block(f"blk.{index}.", f"{model}layers.{index}.", index)


def attention(
    block: Block,
    config: Mapping[str, Any],
    *,
    name: str = "self_attn",
    output: str = "o_proj",
    is_permuted: bool = False,
    bias: bool = False,
    output_bias: bool = False,
) -> Iterator[Weight]:
    """Queries, keys, values and their output; also where the first three are fused.

    Args:
        output: What mlx-lm calls the last: `o_proj`, `dense`.
        is_permuted: Whether llama.cpp's converter permutes rows for its RoPE.
        bias: Of the first three.
        output_bias: Of the last.
    """
    hidden, head_dim = config["hidden_size"], config["head_dim"]
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    rows = 0
    total = (heads + 2 * kv_heads) * head_dim
    for letter, count in (("q", heads), ("k", kv_heads), ("v", kv_heads)):
        yield from block.linear(
            f"attn_{letter}",
            f"{name}.{letter}_proj",
            count * head_dim,
            hidden,
            bias=bias,
            head_count=count if is_permuted and letter != "v" else 0,
            fused="attn_qkv",
            first_row=rows,
            fused_rows=total,
        )
        rows += count * head_dim
    yield from block.linear(
        "attn_output", f"{name}.{output}", hidden, heads * head_dim, bias=output_bias
    )


def gated_mlp(
    block: Block,
    config: Mapping[str, Any],
    *,
    name: str = "mlp",
    source: str = "",
    rows: int = 0,
    bias: bool = False,
) -> Iterator[Weight]:
    """A feed-forward network of gate, up and down.

    Args:
        source: What stands behind `ffn_gate`: `_shexp` for shared experts.
        rows: Its width; 0 is `intermediate_size`.
    """
    hidden = config["hidden_size"]
    rows = rows or config["intermediate_size"]
    for part in ("gate", "up"):
        yield from block.linear(
            f"ffn_{part}{source}", f"{name}.{part}_proj", rows, hidden, bias=bias
        )
    yield from block.linear(
        f"ffn_down{source}", f"{name}.down_proj", hidden, rows, bias=bias
    )


def gated_experts(
    block: Block, config: Mapping[str, Any], *, name: str, count: int, rows: int
) -> Iterator[Weight]:
    """The experts' gate, up and down.

    Args:
        name: As mlx-lm calls them: `mlp.switch_mlp`.
        count: How many there are.
        rows: The width of one.
    """
    hidden = config["hidden_size"]
    for part, first_row in (("gate", 0), ("up", rows)):
        yield from block.experts(
            f"ffn_{part}_exps",
            f"{name}.{part}_proj",
            count,
            rows,
            hidden,
            first_row=first_row,
        )
    yield from block.experts("ffn_down_exps", f"{name}.down_proj", count, hidden, rows)
