"""Llama 3's scaling of RoPE, found again in the factors that GGUF files hold.

The converter stores what each frequency is divided by, not the four numbers that
these factors were made of. Frequencies that turn fast keep 1, slow ones have the whole
factor, and between them `1 / ((1 - s) / factor + s)`, where s falls with the
wavelength: `s = (original / wavelength - low) / (high - low)`. Only the ratios of
`original`, `low` and `high` matter.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

Floats = NDArray[np.float64]

# Stored as float32, computed from wavelengths in float32.
_TOLERANCE = 2e-5

# mlx-lm leaves a frequency unscaled whose wavelength is the longest of the band.
_EDGE = 1e-6

# Of models that there are; the first that fits is taken.
_KNOWN = tuple(
    (original, 1.0, 4.0) for original in (8192, 4096, 2048, 16384, 32768, 65536, 131072)
)


def llama3_scaling(
    stored: NDArray[np.float32], rotated: int, base: float
) -> dict[str, Any] | None:
    """The `rope_scaling` of a config.json that makes these factors.

    Args:
        stored: The factors, one for each pair of rotated numbers.
        rotated: How many numbers of a head are rotated.
        base: Of the frequencies.

    Returns:
        None where all factors are 1.

    Raises:
        ModelRefused: They are no factors of this kind.
    """
    factors = stored.astype(np.float64)
    if factors.shape != (rotated // 2,) or not np.all(factors >= 1 - _TOLERANCE):
        raise _no_such_factors()
    wavelengths: Floats = 2 * np.pi * base ** (np.arange(0, rotated, 2) / rotated)
    factor = float(str(stored[-1]))  # the shortest decimal that means it
    if np.allclose(factors, 1, rtol=_TOLERANCE):
        return None
    if np.allclose(factors, factor, rtol=_TOLERANCE):
        return {"rope_type": "linear", "type": "linear", "factor": factor}
    for original, low, high in (*_KNOWN, *_fitted(factors, wavelengths, factor)):
        made = _factors(wavelengths, factor, original, low, high)
        if np.allclose(made, factors, rtol=_TOLERANCE, atol=0):
            whole = max(round(original), 1)  # transformers wants it so
            return {
                "rope_type": "llama3",
                "type": "llama3",
                "factor": factor,
                "low_freq_factor": low * whole / original,
                "high_freq_factor": high * whole / original,
                "original_max_position_embeddings": whole,
            }
    raise _no_such_factors()


def _factors(
    wavelengths: Floats, factor: float, original: float, low: float, high: float
) -> Floats:
    smooth = (original / wavelengths - low) / (high - low)
    between = 1 / ((1 - smooth) / factor + smooth)
    longest = original / low
    between[np.abs(wavelengths / longest - 1) < _EDGE] = np.nan
    scaled = np.where(wavelengths > longest * (1 + _EDGE), factor, between)
    return np.where(wavelengths < original / high, 1.0, scaled)


def _fitted(
    factors: Floats, wavelengths: Floats, factor: float
) -> list[tuple[float, float, float]]:
    """Numbers that these factors may have been made of, with a `low` of 1."""
    is_between = (factors > 1 + _TOLERANCE) & (factors < factor * (1 - _TOLERANCE))
    smooth = (1 / factors - 1 / factor) / (1 - 1 / factor)
    shares, speeds = smooth[is_between], 1 / wavelengths[is_between]
    if len(shares) > 1:
        slope, offset = np.polyfit(speeds, shares, 1)
        if slope <= 0 or offset >= 0:
            return []
        original, high = float(slope / -offset), float(1 - 1 / offset)
        return [(original, 1.0, high), (original * (1 - 2 * _EDGE), 1.0, high)]
    first = int(np.argmax(factors > 1 + _TOLERANCE))
    if len(shares) == 1:
        return _around_one(float(shares[0]), wavelengths, first)
    # The step lies between two frequencies: anywhere there will do.
    fast, slow = wavelengths[first - 1], wavelengths[first]
    return [(float(np.sqrt(fast * slow)), 1.0, float((slow / fast) ** 0.25))]


def _around_one(
    share: float, wavelengths: Floats, index: int
) -> list[tuple[float, float, float]]:
    """Bands that hold one frequency and give it this share, the widest first."""
    here = wavelengths[index]
    room = wavelengths[min(index + 1, len(wavelengths) - 1)] / here
    reach = [float(here * room ** (0.5**power)) for power in range(1, 12)]
    return [(slow, 1.0, float(1 + (slow / here - 1) / share)) for slow in reach]


def _no_such_factors() -> ModelRefused:
    return ModelRefused(
        _("mlx-lm has no positions scaled by the factors in rope_freqs.weight."),
        hint=_("Choose another model."),
    )
