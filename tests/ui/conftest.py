"""How the tests of the screen wait."""

import pytest
from textual import _wait


@pytest.fixture(autouse=True)
def quick_waits(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pilot waits for an idle processor after each key, in steps of 20 ms.

    Pictures are compared cell by cell, so they are waited for as long as that.
    """
    if not request.module.__name__.endswith("test_snapshots"):
        monkeypatch.setattr(_wait, "SLEEP_GRANULARITY", 1 / 100)
        monkeypatch.setattr(_wait, "SLEEP_IDLE", 1 / 2000)
