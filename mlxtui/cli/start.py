"""Starting and ending the full-screen app."""

import gc
import logging
import os
import sys
from logging.handlers import RotatingFileHandler

from mlxtui import names, paths, settings
from mlxtui.errors import MlxTuiError
from mlxtui.i18n import _
from mlxtui.settings import Settings
from mlxtui.types import LocalModel

_LOG_BYTES = 1_000_000
_LOG_FILES = 3


def start_app(model_name: str | None, *, no_model: bool) -> int:
    """Run the app until the user leaves.

    Returns:
        The process's exit code.

    Raises:
        MlxTuiError: There is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise MlxTuiError(
            _("The app needs a terminal."),
            hint=_("In scripts use `mlxtui run NAME PROMPT`."),
        )
    gc.disable()  # a tenth of the time to the first paint
    reading = settings.read()
    used = reading.settings
    log_to_file()
    _prepare_terminal()

    from mlxtui.cli.ending import Ending
    from mlxtui.ui.app import MlxTuiApp
    from mlxtui.ui.terminal_colours import needs_palette

    def find_model() -> LocalModel | None:
        return None if no_model else _model_to_load(model_name or used.model, used)

    app = MlxTuiApp(
        used,
        find_model,
        warning=reading.warning,
        after_first_paint=_collect_garbage_again,
    )
    app.palette_colours.enabled = needs_palette(app.console.color_system)
    try:
        with Ending(app) as ending:
            app.run()
    finally:
        app.backend.close()
    return ending.exit_code or app.return_code or 0


def _model_to_load(name: str, used: Settings) -> LocalModel:
    model = local_model(name, used)
    if model.kind != "gguf":
        return model
    from mlxtui.cli.gguf_source import made_of  # 0.3 s, while the screen is drawn

    return made_of(model, used)


def as_path(name: str) -> str:
    """A GGUF file of this folder as a path, though it was named without `./`."""
    is_file = name.lower().endswith(".gguf") and os.path.isfile(name)
    if is_file and not names.looks_like_path(name):
        return os.path.join(".", name)
    return name


def local_model(name: str, used: Settings) -> LocalModel:
    """The model of a name, looked for only where the name can be.

    Args:
        name: Also that of a GGUF file of this folder.

    Raises:
        ModelNotFound: No model, or several, have the name.
    """
    name = as_path(name)
    if name == "guide":
        return LocalModel(name=name, path=paths.guide_model_dir(), source="built-in")
    if names.looks_like_path(name):
        return names.resolve(name, ())
    from mlxtui.backend.library_scan import scan_library

    return names.resolve(name, scan_library(used))


def _collect_garbage_again() -> None:
    # What the start made stays to the end. Looked through each time, it would hold up
    # a streaming answer for 15 to 48 ms.
    gc.collect()
    gc.freeze()
    gc.enable()


def log_to_file() -> None:
    """Send the log and Python's warnings to the log file: the screen is not theirs."""
    try:
        paths.make_private(paths.log_dir())
        handler: logging.Handler = RotatingFileHandler(
            paths.log_file(),
            maxBytes=_LOG_BYTES,
            backupCount=_LOG_FILES - 1,
            encoding="utf-8",
        )
    except OSError:
        handler = logging.NullHandler()  # a full disk must not stop the app
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(message)s")
    )
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)


def _prepare_terminal() -> None:
    # iTerm2 drops the text of input methods under the Kitty keyboard protocol since
    # Textual 8.2.7 asks for it (Textualize/textual#6544, sxyazi/yazi#4209).
    # Over SSH only LC_TERMINAL arrives.
    is_iterm = (
        os.environ.get("TERM_PROGRAM") == "iTerm.app"
        or os.environ.get("LC_TERMINAL") == "iTerm2"
    )
    if is_iterm and "TMUX" not in os.environ:
        os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    # Textual paints at ticks of a timer and leaves out one that comes late, as it does
    # while text streams: at 60 Hz a key was seen after up to 33 ms, at 120 Hz after 17.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    # The engine's thread gives the interpreter back after 1 ms instead of 5.
    sys.setswitchinterval(0.001)
