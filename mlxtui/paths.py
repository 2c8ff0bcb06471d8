"""Where mlxtui's files are. No other module makes up a path.

`MLXTUI_HOME` puts everything but the Hugging Face cache under one folder.
"""

import os
from pathlib import Path

import platformdirs

_APP = "mlxtui"


def _folder(kind: str, platform_path: Path) -> Path:
    home = os.environ.get("MLXTUI_HOME")
    return expand(home) / kind if home else platform_path


def expand(path: str | Path) -> Path:
    """An absolute path, `~` replaced; that of an unknown user stays as it is, where
    `Path.expanduser` would raise."""
    return Path(os.path.expanduser(path)).absolute()


def config_dir() -> Path:
    """The folder of `config.toml`."""
    return _folder("config", platformdirs.user_config_path(_APP, appauthor=False))


def data_dir() -> Path:
    """What the user made: models, and later conversations and documents."""
    return _folder("data", platformdirs.user_data_path(_APP, appauthor=False))


def cache_dir() -> Path:
    """What can be made again."""
    return _folder("cache", platformdirs.user_cache_path(_APP, appauthor=False))


def quality_cache_dir() -> Path:
    """What sources of quantized models expect of the shipped texts."""
    return cache_dir() / "quality"


def gguf_cache_file() -> Path:
    """What was seen in GGUF files, whose headers take long to read; JSON."""
    return cache_dir() / "gguf.json"


def log_dir() -> Path:
    """The folder of `mlxtui.log`."""
    return _folder("logs", platformdirs.user_log_path(_APP, appauthor=False))


def settings_file() -> Path:
    """The settings, TOML."""
    return config_dir() / "config.toml"


def recommended_file() -> Path:
    """The user's own list of recommended models, TOML."""
    return config_dir() / "recommended.toml"


def log_file() -> Path:
    """The log; standard error belongs to the screen."""
    return log_dir() / "mlxtui.log"


def prompt_history_file() -> Path:
    """What was asked, for the arrows in the prompt; JSON lines."""
    return data_dir() / "prompts.jsonl"


def models_dir() -> Path:
    """Converted models, unless the settings name another folder."""
    return data_dir() / "models"


def jobs_dir() -> Path:
    """The list of jobs: for each one its state, its lock and its log."""
    return data_dir() / "jobs"


def guide_model_dir() -> Path:
    """The built-in model, part of the package."""
    return Path(__file__).parent / "guide" / "model"


def locale_dir() -> Path:
    """The message catalogues, part of the package."""
    return Path(__file__).parent / "locale"


def styles_dir() -> Path:
    """The `.tcss` files: inside the package in a wheel, beside it in a checkout.

    Raises:
        FileNotFoundError: Neither place has them; the installation is broken.
    """
    package = Path(__file__).parent
    for folder in (package / "styles", package.parent / "styles"):
        if (folder / "app.tcss").is_file():
            return folder
    raise FileNotFoundError(package / "styles" / "app.tcss")


def make_private(folder: Path) -> Path:
    """Make a folder, and the parents it lacks, that only the user may enter."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a kill at any instruction leaves the old or the new one.

    Raises:
        OSError: The disk is full or the folder is not writable; the old file stays.
    """
    content = text.encode()
    make_private(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb", opener=_open_private) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def append_line(path: Path, line: str) -> None:
    """Add a line to a file so that it is on the disk when this returns.

    Raises:
        OSError: The disk is full or the folder is not writable.
    """
    make_private(path.parent)
    with open(path, "ab", opener=_open_private) as file:
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
