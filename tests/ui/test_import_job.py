"""A job that imports a GGUF file, in the drawer and in its log."""

from dataclasses import replace

from mlxtui.gguf_words import origin_rows
from mlxtui.plans import JobSpec
from tests.recorded import Script
from tests.recorded_gguf import FILE, ORIGIN
from tests.recorded_hub import job
from tests.ui.harness import open_app

_IMPORTING = job(
    "Qwen3-4B-Q4_K_M",
    spec=JobSpec(source=FILE),
    stages=("import", "try"),
    stage="import",
    done=1_000_000_000,
    total=2_500_000_000,
    note="blk.0.\x1b[31mffn_down.weight\u202e",
)


async def test_it_says_that_it_imports_and_what() -> None:
    script = Script(jobs={_IMPORTING.job_id: _IMPORTING})
    async with open_app(script=script, size=(100, 30)) as user:
        await user.press("f7")
        await user.until(lambda: "● import   ○ try" in user.picture)
        assert "● Qwen3-4B-Q4_K_M" in user.picture and "importing" in user.picture
        assert "40 % · 1.0 / 2.5 GB" in user.picture
        assert "blk.0.␛[31mffn_down.weight" in user.picture
        assert "\x1b" not in user.picture and "\u202e" not in user.picture
        script.change_job(replace(_IMPORTING, stage="try", done=0, total=0))
        await user.until(lambda: "trying it" in user.picture)
        assert "✓ import" in user.picture


async def test_its_log_shows_what_became_of_each_type() -> None:
    lines = tuple("  ".join(row) for row in origin_rows(ORIGIN))
    script = Script(jobs={_IMPORTING.job_id: _IMPORTING})
    script.logs[_IMPORTING.job_id] = ("Begins: import", *lines)
    async with open_app(script=script, size=(100, 30)) as user:
        await user.press("f7")
        await user.until(lambda: "importing" in user.picture)
        await user.press("l")
        await user.until(lambda: "Begins: import" in user.picture)
        for line in lines:
            assert line.rstrip() in user.picture, line
