"""Where on the hub a model of this machine is sent to."""

import re

from mlxtui.i18n import _
from mlxtui.types import LocalModel
from mlxtui.ui.screens.ask_name import AskName

_REPO_ID = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)


class AskRepository(AskName):
    """Ends with `owner/name`, or None.

    Args:
        model: What is to be sent.
    """

    def __init__(self, model: LocalModel) -> None:
        super().__init__(
            _("Publish {name}").format(name=model.name),
            _(
                "A repository on the hub, as owner/name. It is made when there is none;"
                " its card says what was done with the model. The plan is shown first."
            ),
            "",
            _problem,
        )


def _problem(repo_id: str) -> str:
    if _REPO_ID.fullmatch(repo_id):
        return ""
    return _("Type owner/name: letters, digits, and . _ - between them.")
