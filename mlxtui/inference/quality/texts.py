"""The texts that quality is measured on: English, Japanese and program code.

They were written for this purpose, so that no model was trained on them.
"""

from pathlib import Path

_FOLDER = Path(__file__).parent / "texts"
_NAMES = ("en", "ja", "code")


def texts() -> tuple[str, ...]:
    """All texts, in an order that does not change."""
    return tuple(
        (_FOLDER / f"{name}.txt").read_text(encoding="utf-8") for name in _NAMES
    )
