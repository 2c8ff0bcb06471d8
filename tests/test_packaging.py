"""What is packaged, who imports whom, and how quickly the command answers."""

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_PACKAGE = _ROOT / "mlxtui"

_LEAVES = {
    "errors", "types", "units", "paths", "settings", "i18n", "names", "harmless",
    "sampling", "plans", "plan_words", "gguf_words", "recipes", "repositories",
    "model_writer",
}  # fmt: skip

# Room to the rooms that it may import, beside the leaves (DESIGN 2).
_MAY_IMPORT = {
    "cli": {"ui", "backend", "convert", "hub"},
    "ui": {"backend"},
    "backend": {"inference", "convert", "hub"},
    "inference": set(),
    "convert": set(),
    "hub": set(),
    "guide": set(),
}

# Third-party package to the rooms that may import it.
_HOMES = {
    "mlx": {"inference", "guide"},
    "mlx_lm": {"inference", "guide"},
    "tokenizers": {"guide", "convert"},
    "transformers": {"guide"},
    "textual": {"ui", "cli"},
    "rich": {"ui", "cli"},
    "markdown_it": {"ui"},
    "pygments": {"ui"},
    "pydantic": {"backend"},
    "psutil": {"inference", "cli"},
    "huggingface_hub": {"hub", "cli"},
    "httpx2": {"hub"},
    "filelock": {"hub"},
    "gguf": {"convert"},
    "platformdirs": {"paths"},
    "tomlkit": {"settings"},
    "click": {"cli"},
    "chromadb": set(),
    "torch": set(),
    "sentence_transformers": set(),
}


def _imports(file: Path) -> set[str]:
    """Every module that a file imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "mlxtui":
                found |= {f"mlxtui.{alias.name}" for alias in node.names}
            else:
                found.add(node.module)
    return found


def _room(file: Path) -> str:
    return file.relative_to(_PACKAGE).parts[0].removesuffix(".py")


def _files() -> list[Path]:
    return [
        file
        for file in sorted(_PACKAGE.rglob("*.py"))
        if _room(file) not in ("__init__", "__main__")
    ]


@pytest.mark.parametrize("file", _files(), ids=lambda file: str(file.name))
def test_rooms_import_only_what_they_may(file: Path) -> None:
    room = _room(file)
    for module in _imports(file):
        top, *rest = module.split(".")
        if top == "mlxtui" and rest and rest[0] not in _LEAVES | {room, "__version__"}:
            assert rest[0] in _MAY_IMPORT.get(room, set()), f"{file}: {module}"
        assert room in _HOMES.get(top, {room}), f"{file}: {module}"


def _tracked(*patterns: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns],
        cwd=_ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(filter(None, listed.stdout.split("\0")))


def test_the_wheel_holds_exactly_what_is_tracked(tmp_path: Path) -> None:
    if not (_ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says what is tracked")
    stray = _ROOT / "styles" / "stray.log"
    try:
        stray.write_text("ignored files must not travel")
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation",
             "--outdir", str(tmp_path), str(_ROOT)],
            capture_output=True, check=True,
        )  # fmt: skip
    finally:
        stray.unlink()
    (wheel,) = tmp_path.glob("*.whl")
    packed = {
        name
        for name in zipfile.ZipFile(wheel).namelist()
        if not name.endswith("/") and ".dist-info/" not in name
    }
    tracked = _tracked("mlxtui")
    styles = {f"mlxtui/{name}" for name in _tracked("styles/*.tcss")}
    assert packed == tracked | styles
    assert any(name.endswith("ja/LC_MESSAGES/mlxtui.mo") for name in packed)
    assert "mlxtui/guide/model/model.safetensors" in packed


def _modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_the_help_imports_nothing_heavy() -> None:
    modules = _modules_after(
        "from mlxtui.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass"
    )
    assert not modules & {"mlx", "mlx_lm", "transformers", "textual", "torch", "numpy"}


def test_the_screen_imports_neither_mlx_nor_torch() -> None:
    modules = _modules_after("import mlxtui.ui.app, mlxtui.backend.backend")
    assert not modules & {"mlx", "mlx_lm", "transformers", "torch", "chromadb"}


def test_the_search_for_the_built_in_model_imports_nothing_more() -> None:
    start = "from mlxtui.cli import start; import mlxtui.ui.app, mlxtui.settings;"
    search = "start._model_to_load('guide', mlxtui.settings.Settings())"
    assert _modules_after(start + search) == _modules_after(start)


def test_versions_and_texts_of_the_project_agree() -> None:
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    pictures = re.findall(r"\(screenshots/([^)]+)\)", readme)
    assert pictures
    for picture in pictures:
        assert (_ROOT / "screenshots" / picture).is_file()
    for style in _tracked("styles/*.tcss"):
        assert (_ROOT / style).is_file()
