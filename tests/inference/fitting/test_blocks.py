"""A network that runs block by block computes what it computes as a whole."""

from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from mlx_lm.utils import load_model

from mlxtui.inference.fitting.blocks import BlockRunner
from tests.data import STORIES, needs_shared_data
from tests.models import write_model


def _check(folder: Path) -> None:
    network: Any
    network, _config = load_model(folder)
    pieces = [mx.array([[5, 9, 200, 33, 7] * 6]), mx.array([[8, 2, 1]])]
    whole = [network(piece) for piece in pieces]
    linear = network.layers[1].self_attn.o_proj
    own_class = type(linear)
    runner = BlockRunner(network, network.layers, pieces, [linear])
    order = runner.order()
    assert order == list(range(len(network.layers)))
    heard: list[int] = []
    for turn in range(len(order)):
        for number in range(len(pieces)):
            runner.run_turn(turn, number)
        heard.append(len(runner.take_heard(linear)))
    # It is called in its block's turn, once for each piece, and in no other.
    assert heard == [2 if turn == 1 else 0 for turn in range(len(order))]
    assert isinstance(linear, own_class)
    for number, expected in enumerate(whole):
        # The blocks answer with what they gave; what lies outside computes.
        assert mx.allclose(runner.run_rest(number), expected, atol=1e-5)


@pytest.mark.parametrize("shape", ["llama", "qwen3", "gemma3_text", "mixtral"])
def test_blocks_one_after_another_compute_what_the_network_computes(
    tmp_path: Path, shape: Any
) -> None:
    _check(write_model(tmp_path / "model", shape))


@needs_shared_data
def test_a_trained_model_does_so_too() -> None:
    _check(STORIES)
