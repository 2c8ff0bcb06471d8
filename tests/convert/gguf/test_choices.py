"""Several GGUF files in one place: what is to choose, and what belongs together."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from mlxtui.convert.contents import look_at
from mlxtui.convert.gguf.files import look_at_group
from mlxtui.convert.gguf.groups import gguf_groups, gguf_paths, is_gguf
from mlxtui.convert.source import FileSource, LocalSource
from tests.convert.gguf.gguf_bytes import gguf_bytes, llama_facts, llama_tensors


def test_several_are_to_choose_from(tmp_path: Path) -> None:
    small, large = gguf_bytes(), gguf_bytes(tensors=llama_tensors(256, "F16"))
    (tmp_path / "m-Q4_K_M.gguf").write_bytes(small)
    (tmp_path / "m-F16.gguf").write_bytes(large)
    (tmp_path / "mmproj-F16.gguf").write_bytes(
        gguf_bytes(llama_facts(256, general__architecture="clip"))
    )
    (tmp_path / "m-Q2_K.gguf").write_bytes(b"GGUF")
    contents = look_at(LocalSource(tmp_path))
    told = [(one.file, one.quantization, one.size_bytes) for one in contents.gguf]
    assert told == [
        ("m-Q2_K.gguf", "Q2_K", 4),
        ("m-Q4_K_M.gguf", "Q4_K_M", len(small)),
        ("m-F16.gguf", "F16", len(large)),
    ]
    assert [one.bits_per_weight for one in contents.gguf[1:]] == pytest.approx(
        [4.55, 16.0], abs=0.1
    )
    assert contents.quantization == "Q4_K_M"  # the smallest that is whole
    assert "pictures" in contents.hint and contents.problem == ""
    chosen = look_at(LocalSource(tmp_path), "m-F16.gguf")
    assert (chosen.quantization, chosen.size_bytes) == ("F16", len(large))
    missing = look_at(LocalSource(tmp_path), "m-Q9.gguf")
    assert "m-Q9.gguf" in missing.problem
    assert "m-F16.gguf" in missing.hint and "mmproj" not in missing.hint


class _FarSource:
    """Files that are somewhere else: only what is asked for is read."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self.read_of: set[str] = set()

    def files(self) -> Mapping[str, int]:
        return {name: len(content) for name, content in self._files.items()}

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        self.read_of.add(path)
        stop = None if length is None else start + length
        return self._files[path][start:stop]


def test_bits_of_files_that_lie_far_away_are_told_by_the_one_that_was_read() -> None:
    small, large = gguf_bytes(), gguf_bytes(tensors=llama_tensors(256, "Q8_0"))
    source = _FarSource({
        "M-UD-Q4_K_M.gguf": small,
        "M.Q8_0.gguf": large,
        "Q8_0/M-Q8_0-00001-of-00002.gguf": large[:2000],
        "Other-Q8_0.gguf": large,
        "imatrix.gguf": gguf_bytes({"general.type": "imatrix"}, {}),
        "mmproj-M.gguf": b"GGUF",
    })  # fmt: skip
    choices = {one.file: one for one in look_at(source, "M-UD-Q4_K_M.gguf").gguf}
    assert not any("Q8_0" in file for file in source.read_of)
    assert choices["M-UD-Q4_K_M.gguf"].bits_per_weight == pytest.approx(4.55, abs=0.1)
    assert choices["M.Q8_0.gguf"].bits_per_weight == pytest.approx(8.7, abs=0.3)
    assert choices["M.Q8_0.gguf"].quantization == "Q8_0"
    assert choices["Other-Q8_0.gguf"].bits_per_weight is None
    assert choices["Q8_0/M-Q8_0-00001-of-00002.gguf"].bits_per_weight is None
    assert {"imatrix.gguf", "mmproj-M.gguf"}.isdisjoint(choices)


def test_what_is_no_model_is_passed_over_where_nothing_was_chosen() -> None:
    source = _FarSource({
        "a.gguf": gguf_bytes(llama_facts(32), {}),  # a vocabulary
        "measured.gguf": gguf_bytes({"general.type": "imatrix"}, {}),
        "m.gguf": gguf_bytes(llama_facts(32), llama_tensors(32, "Q8_0")),
    })  # fmt: skip
    contents = look_at(source)
    assert contents.weight_files == ("m.gguf",) and contents.problem == ""
    assert [one.file for one in contents.gguf][-1] == "m.gguf"


def test_a_blob_is_looked_at_under_a_name_of_our_choice(tmp_path: Path) -> None:
    blob = tmp_path / ("sha256-" + "0" * 64)
    blob.write_bytes(gguf_bytes())
    assert is_gguf(blob) and not is_gguf(tmp_path)
    assert not is_gguf(tmp_path / "gone")
    source = FileSource({"tiny.gguf": blob})
    contents = look_at(source, "tiny.gguf")
    assert contents.problem == "" and contents.gguf[0].quantization == "Q4_K_M"
    (group,) = gguf_groups(source)
    assert look_at_group(source, group).gguf_forms == contents.gguf_forms


def test_the_paths_of_a_model_are_those_of_its_parts(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"m-0000{number}-of-00002.gguf").write_bytes(b"GGUF")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.gguf").write_bytes(gguf_bytes())
    both = (tmp_path / "m-00001-of-00002.gguf", tmp_path / "m-00002-of-00002.gguf")
    assert gguf_paths(both[1]) == both
    assert gguf_paths(tmp_path, "m-00002-of-00002.gguf") == both
    assert gguf_paths(tmp_path, "sub/x.gguf") == (tmp_path / "sub/x.gguf",)
    assert gguf_paths(tmp_path / "gone.gguf") == (tmp_path / "gone.gguf",)


@pytest.mark.parametrize("name", ["v.blk.0.ln1.weight", "mm.0.weight", "a.conv.weight"])
def test_a_half_that_sees_or_hears_is_said_to_be_left_out(name: str) -> None:
    facts, tensors = llama_facts(32), llama_tensors(32, "Q8_0")
    both = _FarSource(
        {"m.gguf": gguf_bytes(facts, {**tensors, name: ("F32", (32, 1))})}
    )
    text = _FarSource({"m.gguf": gguf_bytes(facts, tensors)})
    said = "pictures and sound are not understood"
    assert said in look_at(both).hint and look_at(both).problem == ""
    assert look_at(text).problem == "" and said not in look_at(text).hint
