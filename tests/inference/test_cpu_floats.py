"""Packed models compute in 32 bits where there is no GPU."""

from typing import Any

import mlx.core as mx
import mlx.nn as nn
import pytest
from mlx.utils import tree_flatten

from mlxtui.inference.cpu_floats import widen_scales


class _Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.packed = nn.Linear(64, 32, bias=True)
        self.norm = nn.RMSNorm(32)
        self.router = nn.Linear(32, 4, bias=False)


def _network(dtype: mx.Dtype, *, packed: bool = True) -> _Network:
    network = _Network()
    network.set_dtype(dtype)
    if packed:
        nn.quantize(
            network,
            group_size=32,
            bits=4,
            class_predicate=lambda path, _: path == "packed",
        )
    mx.eval(_arrays(network))
    return network


def _arrays(network: nn.Module) -> dict[str, mx.array]:
    flat: Any = tree_flatten(network.parameters())  # type: ignore[no-untyped-call]
    return dict(flat)


def _dtypes(network: nn.Module) -> dict[str, mx.Dtype]:
    return {name: array.dtype for name, array in _arrays(network).items()}


@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16])
def test_scales_get_32_bits_and_the_same_values(dtype: mx.Dtype) -> None:
    if mx.default_device() != mx.Device(mx.cpu):
        pytest.skip("this machine has a GPU, where nothing is widened")
    network = _network(dtype)
    before = _arrays(network)
    widen_scales(network)
    dtypes = _dtypes(network)
    wide = {"packed.scales", "packed.biases", "packed.bias", "norm.weight"}
    assert {name for name, each in dtypes.items() if each == mx.float32} == wide
    assert dtypes["packed.weight"] == mx.uint32
    assert dtypes["router.weight"] == dtype
    for name, after in _arrays(network).items():
        assert mx.array_equal(after, before[name]).item(), name
    assert network.packed(mx.ones((1, 64), dtype)).dtype == mx.float32


def test_others_stay_as_they_are() -> None:
    network = _network(mx.bfloat16, packed=False)
    widen_scales(network)
    assert set(_dtypes(network).values()) == {mx.bfloat16}
