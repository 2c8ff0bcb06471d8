"""The places look as they did when someone last looked at them.

`python -m tests.ui.snapshots` records the pictures again.
"""

import difflib

import pytest

from mlxtui.i18n import LANGUAGES, Language
from tests.ui.snapshots.pictures import FOLDER, RECORDED_WITH, pictures, versions

_RECORDED = RECORDED_WITH.read_text(encoding="utf-8").strip()

pytestmark = pytest.mark.skipif(
    _RECORDED != versions(),
    reason=f"the pictures were recorded with {_RECORDED}, this is {versions()}",
)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_place_looks_as_recorded(language: Language) -> None:
    differences: list[str] = []
    drawn = set()
    async for file, picture in pictures(language):
        drawn.add(file)
        recorded = file.read_text(encoding="utf-8") if file.exists() else ""
        differences += difflib.unified_diff(
            recorded.splitlines(), picture.splitlines(), file.name, "now", n=0
        )
    differences += [
        f"{file.name} is no longer drawn"
        for file in set(FOLDER.glob(f"*-{language}.txt")) - drawn
    ]
    shown = "\n".join(line.rstrip() for line in differences)
    assert not differences, f"python -m tests.ui.snapshots records again\n{shown}"
