"""Refusals that several kinds of models share."""

from mlxtui.errors import ModelRefused
from mlxtui.i18n import N_, _

FETCH_AGAIN = N_("The download is not complete. Fetch the model again.")
FETCH_FILE_AGAIN = N_("Fetch this file again.")
FETCH_MISSING = N_("Fetch the missing files: tokenizer.json and its config.")
FETCH_HINTS = (FETCH_AGAIN, FETCH_FILE_AGAIN, FETCH_MISSING)
"""What to do about a folder that was fetched; nothing of a repository was yet."""


def no_code(file: str) -> ModelRefused:
    """It cannot work without program code of its own."""
    return ModelRefused(
        _("It wants to run its own program code ({file}).").format(file=file),
        hint=_("mlxtui does not run code from models. Choose another one."),
    )


def only_pickles(file: str) -> ModelRefused:
    """Its weights are pickled: opening them would run whatever is in them."""
    return ModelRefused(
        _(
            "Its weights are pickled PyTorch files ({file}). They can run program code"
            " when they are opened, so mlxtui never opens them."
        ).format(file=file),
        hint=_("Look for a version of the model with safetensors."),
    )
