"""What people type and paste as the address of a model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlxtui.errors import InvalidParameter
from mlxtui.hub.address import is_web_address, looks_like_address, parse_address

_COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("typed", "repo_id", "revision", "file"),
    [
        ("owner/name", "owner/name", "main", ""),
        ("  owner/name/ ", "owner/name", "main", ""),
        ("<owner/Name.v1_2-x>", "owner/Name.v1_2-x", "main", ""),
        ("owner/name@v1.0", "owner/name", "v1.0", ""),
        ("owner/name@refs/pr/3", "owner/name", "refs/pr/3", ""),
        (f"owner/name@{_COMMIT}", "owner/name", _COMMIT, ""),
        ("owner/name:latest", "owner/name", "main", ""),
        ("owner/name/q4/model.gguf", "owner/name", "main", "q4/model.gguf"),
        ("https://huggingface.co/owner/name", "owner/name", "main", ""),
        ("huggingface.co/owner/name/", "owner/name", "main", ""),
        ("hf.co/owner/name", "owner/name", "main", ""),
        ("HTTPS://HuggingFace.co/owner/name?x=1#files", "owner/name", "main", ""),
        ("https://mirror.example:8443/owner/name", "owner/name", "main", ""),
        ("https://huggingface.co/models/owner/name", "owner/name", "main", ""),
        ("https://huggingface.co/api/models/owner/name", "owner/name", "main", ""),
        ("https://huggingface.co/owner/name/tree/main", "owner/name", "main", ""),
        ("https://huggingface.co/owner/name/tree/v2/sub", "owner/name", "v2", ""),
        ("https://huggingface.co/owner/name/discussions/4", "owner/name", "main", ""),
        (
            "https://huggingface.co/owner/name/blob/main/sub/x%20y.gguf",
            "owner/name", "main", "sub/x y.gguf",
        ),
        (
            "https://huggingface.co/owner/name/resolve/v1/x.gguf?download=true",
            "owner/name", "v1", "x.gguf",
        ),
        (
            "https://huggingface.co/owner/name/blob/refs%2Fpr%2F7/x.gguf",
            "owner/name", "refs/pr/7", "x.gguf",
        ),
        (
            "https://huggingface.co/owner/name/blob/refs/pr/7/x.gguf",
            "owner/name", "refs/pr/7", "x.gguf",
        ),
        (f"https://hf.co/owner/name/commit/{_COMMIT}", "owner/name", _COMMIT, ""),
        ("hf://owner/name@v1/x.gguf", "owner/name", "v1", "x.gguf"),
        ("hf://models/owner/name", "owner/name", "main", ""),
    ],
)  # fmt: skip
def test_an_address_is_read(typed: str, repo_id: str, revision: str, file: str) -> None:
    address = parse_address(typed)
    assert (address.repo_id, address.revision, address.file) == (
        repo_id,
        revision,
        file,
    )
    assert looks_like_address(typed)
    assert parse_address(str(address)).revision == revision


def test_three_parts_are_probably_the_last_two() -> None:
    with pytest.raises(InvalidParameter) as refusal:
        parse_address("apple/mlx-community/X")
    assert refusal.value.hint == "Did you mean mlx-community/X?"


@pytest.mark.parametrize(
    "typed",
    [
        "", "/", "qwen3", "two words", "owner/", "/name", "a/b c", "owner/na..me",
        "owner/-name", "owner/name.", "../name", "owner/..", "owner/na--me", "a/b/c/d",
        "owner/name@", "owner/name@a..b", "owner/name@/x", "owner/name@a b",
        "owner/name@-x", "owner/name@x/../../y", "owner/\x1b[31m", "日本/語",
        "owner/name@\u202e", "x" * 97 + "/name", "https://", "https://[::1/owner/name",
        "https://huggingface.co", "https://huggingface.co/owner",
        "https://huggingface.co/datasets/owner/name",
        "https://huggingface.co/spaces/owner/name",
        "https://github.com/owner/name", "https://www.kaggle.com/owner/name",
        "https://huggingface.co/owner/..%2f..", "hf://datasets/owner/name", "hf://x",
        "https://huggingface.co/owner/name/tree/..%2F..%2Fx",
    ],
)  # fmt: skip
def test_what_names_no_model_is_refused(typed: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        parse_address(typed)
    assert refusal.value.hint
    assert "\x1b" not in refusal.value.message + refusal.value.hint
    assert not looks_like_address(typed)


def test_a_page_s_address_is_told_from_words() -> None:
    assert is_web_address("https://huggingface.co/datasets/a/b")
    assert is_web_address(" hf.co/a/b")
    assert not is_web_address("owner/name") and not is_web_address("words")


@given(st.text())
def test_no_text_is_more_than_refused(typed: str) -> None:
    try:
        address = parse_address(typed)
    except InvalidParameter:
        return
    parts = [*address.repo_id.split("/"), *address.revision.split("/")]
    assert len(address.repo_id.split("/")) == 2
    assert not any(
        part in ("", ".", "..") or part.startswith("-") for part in parts[:2]
    )
    assert ".." not in parts
