"""The command `mlxtui`: the app alone, or what its arguments ask for."""

import gettext
import io
import os
import sys

from mlxtui import i18n, paths, settings
from mlxtui.cli.error_line import print_error
from mlxtui.errors import MlxTuiError


def main(arguments: list[str] | None = None) -> None:
    """Run the command; exit code 1 for an error, 2 for wrong usage."""
    _use_language()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A locale such as EUC-JP lacks ✓ and emoji: a substitute, not a traceback.
            stream.reconfigure(errors="replace")
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
    except MlxTuiError as error:
        print_error(error.message, error.hint)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    if not arguments and "_MLXTUI_COMPLETE" not in os.environ:
        # Click is a tenth of the time to the first paint, and is not needed for it.
        from mlxtui.cli.start import start_app

        return start_app(None, no_model=False)
    from mlxtui.cli.commands import run_command

    return run_command(arguments)


def _use_language() -> None:
    # Who needs the settings says what is wrong with them.
    i18n.set_language(settings.read().settings.language)
    # Click takes its own words from the process's text domain.
    os.environ["LANGUAGE"] = i18n.current_language()
    gettext.bindtextdomain("mlxtui", paths.locale_dir())
    gettext.textdomain("mlxtui")
