"""Whether floats are numbers, told from their bits."""

import numpy as np

# For each type: its bits as a whole number, those without the sign, and the least of
# them that is an infinity or NaN.
_FORMS: dict[str, tuple[type[np.uint16] | type[np.uint32], int, int]] = {
    "BF16": (np.uint16, 0x7FFF, 0x7F80),
    "F16": (np.uint16, 0x7FFF, 0x7C00),
    "F32": (np.uint32, 0x7FFF_FFFF, 0x7F80_0000),
}


def is_finite(data: bytes | memoryview, dtype: str) -> bool:
    """Whether no element is infinite or NaN.

    Args:
        dtype: The name that the safetensors format has for it; of others than 16-
            and 32-bit floats nothing is said against.
    """
    if dtype not in _FORMS or not data:
        return True
    kind, mask, least = _FORMS[dtype]
    bits = np.frombuffer(data, kind)
    return bool(np.bitwise_and(bits, kind(mask)).max() < least)
