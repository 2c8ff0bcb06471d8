"""What the user is told while a transfer waits, and when it gives up."""

import math

from mlxtui.errors import HubError
from mlxtui.harmless import one_line
from mlxtui.hub.transfer.trouble import Trouble
from mlxtui.i18n import _
from mlxtui.units import seconds_text

_MINUTE_SECONDS = 60


def waiting(trouble: Trouble, wait_seconds: float) -> str:
    """Why nothing comes, and when it is tried again."""
    seconds = math.ceil(wait_seconds)
    time = f"{seconds} s" if seconds < _MINUTE_SECONDS else seconds_text(seconds)
    if trouble.is_unreachable:
        text = _("Waiting for the network: {reason} The next attempt is in {time}.")
    else:
        text = _("{reason} The next attempt is in {time}.")
    return text.format(reason=trouble.error.message, time=time)


def trying(trouble: Trouble | None) -> str:
    """Why nothing comes, while it is tried again."""
    if trouble is None:
        return _("No data is coming.")
    if trouble.is_unreachable:
        return _("Waiting for the network: {reason}").format(
            reason=trouble.error.message
        )
    return trouble.error.message


def given_up(path: str, error: HubError) -> HubError:
    """The error for a file that does not come; of the same kind as the last one."""
    kind = type(error)
    return kind(
        _("{path} could not be fetched. {reason}").format(
            path=one_line(path), reason=error.message
        ),
        hint=_("What was fetched is kept: try again, and it goes on from there."),
    )
