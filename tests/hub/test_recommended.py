"""The recommended models: ours are in order, the user's are added."""

import pytest

from mlxtui import paths
from mlxtui.errors import SettingsError
from mlxtui.hub.recommended import recommended

_OWN = """\
[[model]]
repository = "me/mine"
parameters = 1_000_000
size_bytes = 600_000
languages = ["ja"]
note_ja = "自分の"

[[model]]
repository = "MLX-community/qwen3-0.6b-4bit"
parameters = 5
size_bytes = 7
note_en = "Mine now"
"""


def _write(text: str | bytes) -> None:
    file = paths.recommended_file()
    paths.make_private(file.parent)
    file.write_bytes(text.encode() if isinstance(text, str) else text)


def test_our_list_has_something_for_every_machine() -> None:
    models = recommended()
    sizes = [one.size_bytes for one in models]
    assert sizes == sorted(sizes) and len(models) >= 15
    assert sizes[0] < 500e6 and sizes[-1] > 50e9
    texts = [one for one in models if one.kind == "text"]
    for memory_gb in (8, 16, 24, 32, 64, 128):
        assert any(
            memory_gb * 0.2e9 < one.size_bytes < memory_gb * 0.7e9 for one in texts
        )
    assert sum(one.kind == "embedding" for one in models) >= 2
    assert sum(one.languages[0] == "ja" for one in texts) >= 2
    for one in models:
        assert one.note_en and one.note_ja and one.languages and not one.is_from_user
        # From 2 bits a weight to 4 bytes.
        assert 0.25 < one.size_bytes / one.parameter_count < 4.1, one.repo_id
        assert (one.cache_bytes > 0) == (one.kind == "text")
    assert len({one.repo_id.lower() for one in models}) == len(models)


def test_the_user_s_list_is_added_and_replaces_ours() -> None:
    ours = recommended()
    _write(_OWN)
    models = {one.repo_id: one for one in recommended()}
    assert len(models) == len(ours) + 1
    mine = models["me/mine"]
    assert (mine.note_ja, mine.languages, mine.is_from_user) == (
        "自分の",
        ("ja",),
        True,
    )
    assert "mlx-community/Qwen3-0.6B-4bit" not in models
    assert models["MLX-community/qwen3-0.6b-4bit"].note_en == "Mine now"


def test_an_empty_list_adds_nothing() -> None:
    ours = recommended()
    _write("")
    assert recommended() == ours


_ENTRY = '[[model]]\nrepository = "a/b"\nparameters = 1\nsize_bytes = 1\n'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('x = \n"', "line 1"),
        (b"\xff\xfe", "utf-8"),
        ('models = ["a/b"]', "[[model]]"),
        ("model = 3", "[[model]]"),
        ("model = [3]", "[[model]]"),
        (_ENTRY + "[[model]]\n", "model 2"),
        (_ENTRY.replace("a/b", "../../b"), "../../b"),
        (_ENTRY.replace("parameters = 1", "parameters = -1"), "parameters"),
        (_ENTRY.replace("parameters = 1", "parameters = true"), "parameters"),
        (_ENTRY.replace("size_bytes = 1", ""), "size_bytes"),
        (_ENTRY + 'kind = "chat"', "kind"),
        (_ENTRY + 'languages = "ja"', "languages"),
        (_ENTRY + "note_en = 1", "note_en"),
        (_ENTRY + "nmae = 1", "nmae"),
    ],
)
def test_a_broken_list_is_named_with_what_is_wrong(
    text: str | bytes, named: str
) -> None:
    _write(text)
    with pytest.raises(SettingsError) as refusal:
        recommended()
    assert str(paths.recommended_file()) in refusal.value.message
    assert named in refusal.value.message
    assert refusal.value.hint


@pytest.mark.parametrize("character", ["#", "["])
def test_what_is_no_list_at_all_is_named(character: str) -> None:
    _write("x = " + character * (2 << 20 if character == "#" else 5000))
    with pytest.raises(SettingsError, match="cannot be read"):
        recommended()


def test_a_list_that_cannot_be_read_is_named() -> None:
    paths.recommended_file().mkdir(parents=True)
    with pytest.raises(SettingsError, match="recommended"):
        recommended()
