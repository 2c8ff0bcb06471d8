"""What the list of models says of itself: how much there is, and what to do next."""

from collections.abc import Sequence

from mlxtui import names
from mlxtui.backend.ownership import OTHER_PROGRAMS
from mlxtui.i18n import _, ngettext
from mlxtui.types import LocalModel
from mlxtui.ui.hub_rows import is_address
from mlxtui.ui.model_scan import ModelScan
from mlxtui.units import bytes_text


def summary_text(scan: ModelScan, found: Sequence[LocalModel]) -> str:
    """How many models are shown, and what they take on the disk; of all of them, what
    is not another program's."""
    count = len(scan.models)
    text = ngettext("{count} model", "{count} models", count).format(count=count)
    if len(found) < count:
        text = _("{found} of {all}").format(found=len(found), all=text)
        size_bytes = sum(model.size_bytes for model in found)
    else:
        own_bytes = sum(
            model.size_bytes for model in found if model.source not in OTHER_PROGRAMS
        )
        size_bytes = scan.disk_bytes or own_bytes
    size = _("{size} on disk").format(size=bytes_text(size_bytes))
    return f"{text} · {size}" if count else ""


def notice_text(
    scan: ModelScan, typed: str, found: Sequence[LocalModel], path_notice: str
) -> str:
    """What stands under the list; empty while it speaks for itself.

    Args:
        scan: The models.
        typed: In the filter, without blanks at its ends.
        found: The models that have it.
        path_notice: What came of the path that was typed.
    """
    if scan.failure:
        return scan.failure
    if scan.found is None:
        return _("Looking for models…")
    if names.looks_like_path(typed):
        return path_notice or _("Enter opens what is there.")
    if not found and is_address(typed):
        return _("Not on this machine. Enter looks at it on the hub.")
    if not found:
        return _("No model here has this: {words}. Enter searches the hub.").format(
            words=typed
        )
    if all(model.source == "built-in" for model in scan.models):
        return _(
            "There is no other model yet. f finds one on the Hugging Face hub and"
            " fetches it; models in a folder of your own are found when the setting"
            " model_folders names it."
        )
    return ""
