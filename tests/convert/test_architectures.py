"""What counts as supported, held against mlx-lm itself."""

import importlib
from pathlib import Path

import mlx_lm.utils
import pytest

from mlxtui.convert import architectures

_MODULES = sorted(
    file.stem for file in (Path(mlx_lm.utils.__file__).parent / "models").glob("*.py")
)


def _is_model(module: str) -> bool:
    """Whether mlx-lm itself could build a model from this module, here and now."""
    try:
        code = importlib.import_module(f"mlx_lm.models.{module}")
    except (ImportError, SystemExit):  # one module ends the process without its package
        return False
    return hasattr(code, "Model") and hasattr(code, "ModelArgs")


@pytest.mark.parametrize("module", _MODULES)
def test_exactly_the_modules_that_mlx_lm_can_build_are_supported(module: str) -> None:
    assert architectures.is_supported(module) == _is_model(module)


@pytest.mark.parametrize(("other_name", "module"), mlx_lm.utils.MODEL_REMAPPING.items())
def test_every_other_name_that_mlx_lm_knows_is_supported(
    other_name: str, module: str
) -> None:
    assert _is_model(module)
    assert architectures.is_supported(other_name)


@pytest.mark.parametrize("module", sorted(architectures.NOT_BATCHABLE))
def test_what_cannot_be_batched_is_still_a_module_of_mlx_lm(module: str) -> None:
    assert _is_model(module)


@pytest.mark.parametrize(
    "model_type",
    ["", ".", "..", "../models/llama", "llama/../llama", "llama.py", "/etc/passwd",
     "llama\0", "llama\n", "no_such_architecture", "日本語",
     pytest.param("x" * 300, id="too long for the system")],
)  # fmt: skip
def test_a_name_that_is_no_module_is_not_supported(model_type: str) -> None:
    assert not architectures.is_supported(model_type)


def test_a_folder_above_is_never_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package" / "models").mkdir(parents=True)
    (tmp_path / "package" / "models" / "inside.py").write_text("")
    (tmp_path / "package" / "outside.py").write_text("")
    monkeypatch.setattr(architectures, "_package", lambda: tmp_path / "package")
    assert architectures.is_supported("inside")
    assert not architectures.is_supported("../outside")


def test_the_code_of_an_architecture_is_asked_for_words() -> None:
    assert architectures.mentions("gpt_oss", "_blocks")
    assert architectures.mentions("mistral", "def make_cache")  # it is loaded as llama
    assert not architectures.mentions("llama", "no such word")
    assert not architectures.mentions("no_such_architecture", "def")
    assert not architectures.mentions("../utils", "def")


def test_what_transformers_knows_is_told_without_importing_it() -> None:
    assert architectures.is_in_transformers("bert")
    assert architectures.is_in_transformers("xlm-roberta")
    for name in ("no_such", "", "../models", "auto/../bert"):
        assert not architectures.is_in_transformers(name)
