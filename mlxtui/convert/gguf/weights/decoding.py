"""The decoder of each quantized type."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights import (
    fp4_types,
    halves,
    iq_types,
    k_types,
    legacy,
    ternary_types,
)
from mlxtui.convert.gguf.weights.blocks import AffineGroups, FloatGroups

AFFINE: Mapping[str, Callable[[NDArray[np.uint8]], AffineGroups]] = {
    "Q4_0": legacy.decode_q4_0,
    "Q4_1": legacy.decode_q4_1,
    "Q5_0": legacy.decode_q5_0,
    "Q5_1": legacy.decode_q5_1,
    "Q8_0": legacy.decode_q8_0,
    "Q1_0": legacy.decode_q1_0,
    "IQ4_NL": legacy.decode_iq4_nl,
    "Q3_K": k_types.decode_q3_k,
    "Q4_K": k_types.decode_q4_k,
    "Q5_K": k_types.decode_q5_k,
    "IQ1_S": iq_types.decode_iq1_s,
    "IQ1_M": iq_types.decode_iq1_m,
    "IQ2_XXS": iq_types.decode_iq2_xxs,
    "IQ3_XXS": iq_types.decode_iq3_xxs,
    "IQ3_S": iq_types.decode_iq3_s,
    "IQ4_XS": iq_types.decode_iq4_xs,
    "TQ1_0": ternary_types.decode_tq1_0,
    "TQ2_0": ternary_types.decode_tq2_0,
}
FLOATS: Mapping[str, Callable[[NDArray[np.uint8]], FloatGroups]] = {
    "MXFP4": fp4_types.decode_mxfp4,
    "NVFP4": fp4_types.decode_nvfp4,
}
HALVES: Mapping[str, Callable[[NDArray[np.uint8]], halves.Halves]] = {
    "Q6_K": halves.decode_q6_k,
    "Q2_K": halves.decode_q2_k,
    "IQ2_XS": halves.decode_iq2_xs,
    "IQ2_S": halves.decode_iq2_s,
}
