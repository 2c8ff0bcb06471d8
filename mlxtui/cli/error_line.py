"""How a command says that something went wrong."""

import sys

from mlxtui.harmless import one_line
from mlxtui.i18n import _


def print_error(message: str, hint: str = "") -> None:
    """An error as one line and a hint, on standard error."""
    print(_("Error: {message}").format(message=one_line(message)), file=sys.stderr)
    if hint:
        print(f"  {one_line(hint)}", file=sys.stderr)
