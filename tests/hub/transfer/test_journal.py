"""The journal says what is there, and never what a kill or a power loss took."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlxtui.hub.transfer import durable
from mlxtui.hub.transfer.journal import Journal, read_journal
from mlxtui.hub.transfer.spans import Spans

_SIZE = 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    made = Journal(path, _SIZE, Spans([(0, 10)]))
    yield made
    made.close()


def _there(path: Path, size_bytes: int = _SIZE) -> tuple[list[tuple[int, int]], ...]:
    found = read_journal(path, size_bytes)
    return list(found.saved), list(found.written)


def test_it_tells_flushed_bytes_from_written_ones(path: Path, journal: Journal) -> None:
    journal.written(10, 20)
    records = journal.records
    journal.written(50, 60)
    assert _there(path) == ([(0, 10)], [(10, 20), (50, 60)])
    journal.saved(records)
    assert _there(path) == ([(0, 20)], [(50, 60)])


def test_after_a_restart_of_the_machine_only_flushed_bytes_count(
    path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.written(10, 20)
    journal.saved(journal.records)
    journal.written(50, 60)
    number = durable.boot_number()
    monkeypatch.setattr(durable, "boot_number", lambda: number + 1)
    assert _there(path) == ([(0, 20)], [])


def test_it_is_of_no_use_for_a_file_of_another_size(
    path: Path, journal: Journal
) -> None:
    assert _there(path, _SIZE + 1) == ([], [])


def test_no_journal_says_that_nothing_is_there(path: Path) -> None:
    assert _there(path) == ([], [])


def test_spans_beyond_the_file_are_not_believed(path: Path, journal: Journal) -> None:
    journal.written(990, 1010)
    assert _there(path) == ([(0, 10)], [])


def test_it_may_end_anywhere(path: Path, journal: Journal) -> None:
    journal.written(10, 20)
    journal.saved(journal.records)
    journal.written(50, 60)
    whole = path.read_bytes()
    for length in range(journal.records * 32):
        path.write_bytes(whole[:length])
        saved, written = _there(path)
        assert saved in ([], [(0, 10)], [(0, 20)])
        assert written in ([], [(0, 10)], [(10, 20)], [(0, 20)], [(50, 60)])


@pytest.mark.parametrize("garbage", [b"\0", b"\xff"])
def test_a_sector_that_was_not_written_is_left_out(
    path: Path, journal: Journal, garbage: bytes
) -> None:
    for number in range(100):
        journal.written(number * 10, number * 10 + 5)
    journal.saved(journal.records)
    whole = path.read_bytes()
    path.write_bytes(whole[:512] + garbage * 512 + whole[1024:])
    saved = Spans(_there(path)[0])
    assert 0 < saved.total_bytes < 505
    assert not list(Spans(saved).gaps(0, 5))  # what stands before it is kept


def test_boot_number_stays_the_same() -> None:
    durable.boot_number.cache_clear()
    number = durable.boot_number()
    durable.boot_number.cache_clear()
    assert number == durable.boot_number() != 0
