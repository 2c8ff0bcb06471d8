"""An error as the event that ends its request."""

import logging

from mlxtui import paths
from mlxtui.backend.events import Failed
from mlxtui.errors import MlxTuiError
from mlxtui.i18n import _
from mlxtui.types import RequestId

_log = logging.getLogger(__name__)


def failure(request_id: RequestId, error: Exception) -> Failed:
    """The message of an error for the user; one that nobody raised on purpose is
    logged with its traceback."""
    if isinstance(error, MlxTuiError):
        return Failed(request_id=request_id, message=error.message, hint=error.hint)
    _log.error("Request %s failed", request_id, exc_info=error)
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return Failed(
        request_id=request_id,
        message=_("mlxtui met an error: {reason}").format(reason=reason),
        hint=_("Try again. Details are in {path}.").format(path=paths.log_file()),
    )
