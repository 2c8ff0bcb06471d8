"""The shipped texts in tokens."""

import json
from pathlib import Path

import pytest
from mlx_lm.utils import load_tokenizer

from mlxtui import paths
from mlxtui.errors import ModelRefused
from mlxtui.inference.quality.texts import texts
from mlxtui.inference.quality.windows import position_count, text_windows
from tests.data import SHARED, STORIES, needs_shared_data
from tests.inference.quality.works import use_texts
from tests.models import write_model


def test_the_texts_are_there_in_two_languages_and_code() -> None:
    english, japanese, code = texts()
    for text in (english, japanese, code):
        assert 6000 <= len(text.encode()) <= 8000
    assert sum("ぁ" <= letter <= "龯" for letter in japanese) > 0.7 * len(japanese)
    assert all(word in code for word in ("def ", "func ", "SELECT ", "#!/bin/sh"))


@needs_shared_data
def test_a_measurement_takes_a_few_thousand_tokens() -> None:
    for folder in (paths.guide_model_dir(), STORIES):
        assert 3000 <= position_count(text_windows(folder)) <= 6144


def test_a_text_longer_than_the_context_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_model(tmp_path / "model", max_position_embeddings=64)
    text = "One day, a little boy went to the park. " * 20
    use_texts(monkeypatch, text, "")
    windows = text_windows(folder)
    assert len(windows) > 2
    assert max(map(len, windows)) <= 64
    tokenizer = load_tokenizer(folder)
    ids = tokenizer.encode(text, add_special_tokens=False)
    predicted = [token for window in windows for token in window[1:]]
    # Each token once and in order, but for the first and a rest too short to tell.
    assert predicted == ids[1 : len(predicted) + 1]
    assert len(ids) - len(predicted) <= 1 + 64 // 16


@needs_shared_data
def test_every_window_begins_as_the_tokenizer_begins_a_text() -> None:
    assert (SHARED / "models").is_dir()
    assert {window[0] for window in text_windows(STORIES)} == {1}
    assert max(map(len, text_windows(STORIES))) == 512


def test_a_config_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config)[:-20])
    with pytest.raises(ModelRefused, match="config.json|model"):
        text_windows(folder)
