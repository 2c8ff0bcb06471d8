"""What a quantization costs: the figures, and what is left of measuring them."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from mlx_lm.utils import load_model

from mlxtui import paths
from mlxtui.errors import JobRefused, ModelRefused, ModelTooLarge
from mlxtui.inference import machine_memory, runtime
from mlxtui.inference.quality import reading, reference, reference_cache, top_logits
from mlxtui.inference.quality.loading import weight_bytes
from mlxtui.inference.quality.measuring import measure
from mlxtui.inference.quality.windows import text_windows
from mlxtui.plans import Quality
from tests.data import STORIES, needs_shared_data
from tests.inference.making.checkpoints import write_checkpoint
from tests.inference.quality.works import (
    STORY,
    finish,
    log_probabilities,
    packed_copy,
    use_texts,
)
from tests.models import write_model

Packed = Callable[[int | None], Path]


@pytest.fixture(autouse=True)
def short_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A paragraph of each kind: the shipped texts take minutes on a slow machine."""
    use_texts(
        monkeypatch, STORY[:200], "今日はいい天気ですね。", "def f(x):\n    pass\n"
    )


def _packed(base: Path, folder: Path) -> Packed:
    def of(bits: int | None) -> Path:
        target = folder / f"small-{bits}"
        if not target.exists():
            packed_copy(base, target, bits)
        return target

    return of


@pytest.fixture
def packed(tmp_path: Path) -> Packed:
    """Quantizations of a small random model, in float32; None is their source."""
    return _packed(write_model(tmp_path / "base"), tmp_path)


@pytest.fixture
def packed_guide(tmp_path: Path) -> Packed:
    """Quantizations of the built-in model, in float32."""
    return _packed(paths.guide_model_dir(), tmp_path)


def _measured(result: Path, source: Path | None, **options: Any) -> Quality:
    return finish(measure(result, source, result.parent / "scratch", **options))[0]


def _plain_perplexity(folder: Path) -> float:
    network, _config = load_model(folder)
    losses = []
    for window in text_windows(folder):
        expected = np.array(log_probabilities(network, window))
        losses += [-expected[at, token] for at, token in enumerate(window[1:])]
    return math.exp(np.mean(losses))


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def test_a_model_loses_nothing_against_itself(packed_guide: Packed) -> None:
    quality = _measured(packed_guide(4), packed_guide(4))
    assert quality.mean_kl_divergence == pytest.approx(0, abs=1e-9)
    assert quality.source_perplexity == pytest.approx(quality.perplexity)
    assert (quality.generation_tokens_per_second or 0) > 0


def test_fewer_bits_lose_more(packed_guide: Packed) -> None:
    divergences = [
        _measured(packed_guide(bits), packed_guide(None)).mean_kl_divergence or 0
        for bits in (8, 4, 2)
    ]
    assert 0 < divergences[0] < divergences[1] < divergences[2]


@needs_shared_data
def test_a_trained_model_gets_worse_at_its_own_language_with_fewer_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_texts(monkeypatch, STORY)
    found = [
        _measured(packed_copy(STORIES, tmp_path / f"{bits}", bits), STORIES)
        for bits in (8, 4, 2)
    ]
    assert found[0].source_perplexity == found[1].source_perplexity
    perplexities = [each.perplexity for each in found]
    assert found[0].source_perplexity == pytest.approx(perplexities[0], rel=0.01)
    assert perplexities[0] < perplexities[1] < perplexities[2]
    losses = [each.mean_kl_divergence or 0 for each in found]
    assert 0 < losses[0] < losses[1] < losses[2]


@pytest.mark.parametrize("shape", ["llama", "gemma3_text", "mixtral", "qwen3"])
def test_the_perplexity_is_that_of_a_plain_forward_pass(
    tmp_path: Path, shape: Any
) -> None:
    folder = write_model(tmp_path / "model", shape)
    quality = _measured(folder, None)
    assert quality.perplexity == pytest.approx(_plain_perplexity(folder), rel=1e-3)
    assert (quality.source_perplexity, quality.mean_kl_divergence) == (None, None)


@needs_shared_data
def test_the_perplexity_of_a_trained_model_is_that_of_a_plain_forward_pass(
    tmp_path: Path,
) -> None:
    quality, _steps = finish(measure(STORIES, STORIES, tmp_path))
    assert quality.perplexity == pytest.approx(_plain_perplexity(STORIES), rel=1e-3)


def test_the_divergence_is_that_of_whole_distributions_when_all_tokens_are_kept(
    packed_guide: Packed, monkeypatch: pytest.MonkeyPatch
) -> None:
    least = _measured(packed_guide(3), packed_guide(None)).mean_kl_divergence
    for module in (top_logits, reference, reference_cache):
        monkeypatch.setattr(module, "TOP", 4096)  # more than the vocabulary
    whole = _measured(packed_guide(3), packed_guide(None)).mean_kl_divergence
    source, _config = load_model(packed_guide(None))
    result, _config = load_model(packed_guide(3))
    terms = []
    for window in text_windows(packed_guide(3)):
        p, q = (log_probabilities(each, window[:-1]) for each in (source, result))
        terms += np.array((mx.exp(p) * (p - q)).sum(axis=-1)).tolist()
    assert whole == pytest.approx(np.mean(terms), rel=1e-3)
    # What the rest's share of it cannot show is little.
    assert least is not None and 0.8 * np.mean(terms) < least <= np.mean(terms) * 1.001


@pytest.mark.parametrize("first_tokens", [1, 3, 64])
def test_chunks_of_any_size_give_the_same(
    packed: Packed, monkeypatch: pytest.MonkeyPatch, first_tokens: int
) -> None:
    monkeypatch.setattr(reading, "_FIRST_TOKENS", first_tokens)
    monkeypatch.setattr(reading, "_LARGEST_TOKENS", first_tokens)
    assert _measured(packed(4), None).perplexity == pytest.approx(
        _plain_perplexity(packed(4)), rel=1e-3
    )


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_cancelled_it_leaves_nothing(packed: Packed, share: float) -> None:
    source, result = packed(None), packed(4)
    runtime.free_unused()
    before_bytes = mx.get_active_memory()
    scratch = result.parent / "scratch"
    work = measure(result, source, scratch)
    while (step := next(work)).done <= share * step.total:
        pass
    work.close()
    assert _files(scratch) == []
    assert mx.get_active_memory() <= before_bytes


def test_at_its_end_it_leaves_nothing_but_the_cache(packed: Packed) -> None:
    source, result = packed(None), packed(4)
    runtime.free_unused()
    before_bytes = mx.get_active_memory()
    _measured(result, source)
    assert _files(result.parent / "scratch") == []
    assert mx.get_active_memory() <= before_bytes
    assert len(_files(paths.quality_cache_dir())) == 1


def test_steps_count_up_to_the_end(packed: Packed) -> None:
    _quality, steps = finish(measure(packed(4), packed(None), packed(4) / "scratch"))
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert steps[-1].done == steps[-1].total
    assert {(step.stage, step.unit) for step in steps} == {("measure", "tokens")}


def test_a_source_that_does_not_fit_is_left_out_and_says_so(packed: Packed) -> None:
    needed = machine_memory.needed_bytes(weight_bytes(packed(2)))
    limit_bytes = mx.get_active_memory() + 2 * needed
    assert machine_memory.needed_bytes(weight_bytes(packed(None))) > 2 * needed
    quality, steps = finish(
        measure(packed(2), packed(None), packed(2) / "scratch", limit_bytes=limit_bytes)
    )
    assert quality.source_perplexity is quality.mean_kl_divergence is None
    assert "Not measured: the source does not fit." in {step.note for step in steps}


@pytest.mark.skipif(mx.default_device() != mx.cpu, reason="a GPU computes it")
def test_a_source_that_this_machine_cannot_compute_is_left_out(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "mixtral")  # experts in bfloat16
    result = packed_copy(source, tmp_path / "result", 4)
    quality, steps = finish(measure(result, source, tmp_path / "scratch"))
    assert quality.mean_kl_divergence is None and quality.perplexity > 1
    notes = {step.note for step in steps}
    assert "Not measured: this machine cannot compute the source." in notes
    with pytest.raises(JobRefused, match="cannot compute source: .*GatherMM"):
        _measured(source, None)


def test_a_result_that_does_not_fit_is_refused(packed: Packed) -> None:
    with pytest.raises(ModelTooLarge):
        _measured(packed(4), None, limit_bytes=mx.get_active_memory() + 1)


def test_the_source_is_read_once_for_all_its_quantizations(packed: Packed) -> None:
    source, scratch = packed(None), packed(4) / "scratch"
    first, _steps = finish(measure(packed(4), source, scratch))
    again, steps = finish(measure(packed(4), source, scratch))
    assert not any("The source reads" in step.note for step in steps)
    assert again.mean_kl_divergence == pytest.approx(first.mean_kl_divergence)
    assert again.source_perplexity == first.source_perplexity


@pytest.mark.parametrize("damage", ["byte", "cut", "empty", "foreign"])
def test_a_damaged_cache_is_measured_again(packed: Packed, damage: str) -> None:
    source, scratch = packed(None), packed(4) / "scratch"
    first, _steps = finish(measure(packed(4), source, scratch))
    (file,) = _files(paths.quality_cache_dir())
    content = file.read_bytes()
    middle = len(content) // 2
    file.write_bytes({
        "byte": content[:middle] + b"\xff" + content[middle + 1 :],
        "cut": content[:middle],
        "empty": b"",
        "foreign": b"not ours" * 1000,
    }[damage])  # fmt: skip
    assert file.read_bytes() != content
    again, steps = finish(measure(packed(4), source, scratch))
    assert any("The source reads" in step.note for step in steps)
    assert again.mean_kl_divergence == pytest.approx(first.mean_kl_divergence)
    assert len(_files(paths.quality_cache_dir())) == 1


def test_a_source_that_changed_is_measured_again(packed: Packed) -> None:
    source, scratch = packed(None), packed(4) / "scratch"
    finish(measure(packed(4), source, scratch))
    os.utime(source / "model.safetensors", ns=(1, 1))
    _quality, steps = finish(measure(packed(4), source, scratch))
    assert any("The source reads" in step.note for step in steps)


def test_the_cache_does_not_grow_without_end(
    packed: Packed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_cache, "_LARGEST_BYTES", 1)
    for source in (packed(None), packed(8)):
        _measured(packed(4), source)
    (kept,) = _files(paths.quality_cache_dir())
    key = reference_cache.key_of(packed(8), text_windows(packed(8)))
    assert kept.stem == key


def test_a_cache_that_cannot_be_written_harms_nothing(packed: Packed) -> None:
    paths.make_private(paths.cache_dir())
    paths.quality_cache_dir().write_text("a file in its place")
    assert _measured(packed(8), packed(None)).mean_kl_divergence is not None


def test_models_that_split_texts_differently_are_refused(packed: Packed) -> None:
    with pytest.raises(JobRefused, match="split texts differently"):
        _measured(packed(4), paths.guide_model_dir())


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    file = str(folder / "model.safetensors")
    weights: Any = mx.load(file)
    weights["model.norm.weight"] = weights["model.norm.weight"] * mx.nan
    mx.eval(weights)
    mx.save_safetensors(file, weights)
    with pytest.raises(JobRefused, match="infinities or NaN"):
        _measured(folder, None)


def test_a_model_without_a_tokenizer_is_refused(packed: Packed) -> None:
    (packed(4) / "tokenizer.json").write_text("{")
    with pytest.raises(ModelRefused, match="small-4"):
        _measured(packed(4), None)
