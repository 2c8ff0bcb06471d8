"""The hub in the models place: found, looked at, and fetched, by keys alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual import events

from mlxtui import i18n
from mlxtui.backend.job_commands import DescribeRepository, ListRecommended, SearchHub
from mlxtui.backend.job_events import HubSearched
from mlxtui.plans import Fit, GgufChoice, JobSpec, Plan
from mlxtui.recipes import Quantization
from mlxtui.repositories import (
    FoundRepository,
    Recommendation,
    Repository,
    RepositoryAddress,
    SearchPage,
)
from mlxtui.ui.messages import ActionRequested
from mlxtui.ui.screens.quantize_form import QuantizeForm
from mlxtui.ui.widgets.hub_details import HubDetails
from mlxtui.ui.widgets.hub_filters import HubFilters
from mlxtui.ui.widgets.hub_table import HubTable
from tests.recorded import Script
from tests.recorded_hub import CREATED, PLAN, REPOSITORY
from tests.ui.models_harness import Visitor, models_place
from tests.ui.test_hostile_text import BIDI, ESCAPES, MARKUP, ODD_MARKDOWN

QWEN = "mlx-community/Qwen3-4B-4bit"
LLAMA = "mlx-community/Llama-3.2-3B-Instruct-4bit"
GATED = "meta-llama/Llama-3.1-8B"


def found(repo_id: str, **facts: object) -> FoundRepository:
    """A line of a search's result."""
    given: dict[str, object] = {
        "repo_id": repo_id,
        "kind": "text",
        "weight_formats": ("mlx",),
        "downloads": 30_900,
        "likes": 12,
        "updated": CREATED,
        "parameter_count": 4_020_000_000,
        "size_bytes": 2_263_000_000,
        "is_gated": False,
    }
    return FoundRepository(**(given | facts))  # type: ignore[arg-type]


def described(repo_id: str, **facts: object) -> tuple[Repository, Plan]:
    """A repository and its plan."""
    address = RepositoryAddress(repo_id=repo_id)
    repository = replace(REPOSITORY, address=address, **facts)  # type: ignore[arg-type]
    return repository, replace(PLAN, address=address)


def recommended(repo_id: str, fit: Fit) -> tuple[Recommendation, Fit]:
    """A model of the list."""
    return (
        Recommendation(
            repo_id=repo_id,
            kind="text",
            parameter_count=4_020_000_000,
            size_bytes=2_263_000_000,
            note_en="Good all round",
            note_ja="何にでも",
        ),
        fit,
    )


def hub_script() -> Script:
    """A hub of two pages."""
    first = (found(QWEN), found(LLAMA), found(GATED, is_gated=True))
    second = tuple(found(f"owner/more-{number}") for number in range(30))
    return Script(
        pages={
            "": SearchPage(found=first, next_page="two"),
            "two": SearchPage(found=(*first[-1:], *second)),
        },
        repositories={name: described(name) for name in (QWEN, LLAMA, GATED)},
        recommended=(recommended(QWEN, "fits"), recommended(LLAMA, "too-big")),
    )


async def type_words(visitor: Visitor, words: str) -> None:
    """Type into the hub's field, and wait for the search after the pause."""
    searched = len(visitor.commands(SearchHub))
    for letter in words:
        visitor.app.post_message(events.Key(letter, letter))
    await visitor.until(lambda: len(visitor.commands(SearchHub)) > searched)
    await visitor.settle()


# Finding


async def test_without_words_the_recommended_models_are_shown() -> None:
    async with models_place(script=hub_script(), size=(100, 24)) as visitor:
        await visitor.press("f")
        assert visitor.hub_names == [QWEN, LLAMA]
        assert visitor.hub_field.has_focus
        for text in ("✓ fits", "✗ does not fit", "Recommended for this machine"):
            assert text in visitor.picture
        assert visitor.commands(SearchHub) == []
        await visitor.until(lambda: "Good all round" in visitor.picture)
        i18n.set_language("ja")
        visitor.place.retranslate()
        await visitor.settle()
        assert "何にでも" in visitor.picture


async def test_typing_searches_once_when_it_pauses() -> None:
    async with models_place(script=hub_script(), size=(100, 24)) as visitor:
        await visitor.press("f")
        await type_words(visitor, "qwen")
        (search,) = visitor.commands(SearchHub)
        assert search.query.words == "qwen"
        assert search.query.weight_format == "mlx"
        assert visitor.hub_names[0] == QWEN
        for text in ("3 found · more below", "2.3 GB", "30.9K", "gated"):
            assert text in visitor.picture


async def test_enter_searches_at_once_and_a_second_one_asks_for_the_plan() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("f", *"qwen", "enter")
        assert [each.query.words for each in visitor.commands(SearchHub)] == ["qwen"]
        assert visitor.plans == []
        await visitor.press("enter")
        assert visitor.plans == [JobSpec(source=QWEN)]


async def test_enter_gives_the_keys_to_what_is_found() -> None:
    """Unless one types on."""
    script = hub_script()
    async with models_place(script=script) as visitor:
        await visitor.press("f", *"qwen", "enter")
        assert visitor.hub.query_one(HubTable).has_focus
        script.holds.add(SearchHub)
        await visitor.press("f", "end", *"3", "enter", "b")
        script.release(SearchHub)
        await visitor.settle()
        assert visitor.hub_field.has_focus and visitor.hub_field.value == "qwen3b"


async def test_a_plan_that_comes_late_does_not_open_over_another_page() -> None:
    script = hub_script()
    script.holds.add(DescribeRepository)
    async with models_place(script=script) as visitor:
        await visitor.press("f", *"qwen", "enter", "enter")
        visitor.place.display = False
        script.release(DescribeRepository)
        await visitor.settle()
        assert visitor.plans == []


async def test_what_it_is_sorted_by_stands_beside_the_name() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("f", *"x", "enter")
        heads = []
        for _order in ("downloads", "likes", "updated", "size"):
            line = next(each for each in visitor.picture.splitlines() if "▼" in each)
            heads.append(line.split()[1])
            await visitor.press("s")
        assert heads == ["Downloads", "Likes", "Updated", "Size"]


async def test_the_filters_stand_over_what_was_searched_for_only() -> None:
    async with models_place(script=hub_script(), size=(120, 24)) as visitor:
        await visitor.press("f")
        assert "Recommended" in visitor.picture and "MLX" not in visitor.picture
        await visitor.press("tab", "k")
        assert "MLX" in visitor.picture


async def test_a_late_answer_to_an_older_search_is_not_shown() -> None:
    script = hub_script()
    async with models_place(script=script) as visitor:
        await visitor.press("f")
        script.holds.add(SearchHub)
        await visitor.press(*"old", "enter")
        old = visitor.commands(SearchHub)[-1]
        await visitor.press(*"er", "enter")
        assert old.request_id in script.cancelled
        script.release(SearchHub)
        await visitor.settle()
        assert visitor.hub_names[0] == QWEN
        late = HubSearched(
            request_id=old.request_id, page=SearchPage(found=(found("late/one"),))
        )
        await visitor.place.receive(late)
        await visitor.settle()
        assert "late/one" not in visitor.hub_names


async def test_typing_goes_on_while_the_hub_does_not_answer() -> None:
    script = hub_script()
    script.holds |= {SearchHub, ListRecommended, DescribeRepository}
    async with models_place(script=script) as visitor:
        await visitor.press("f", *"qw", "enter", *"en")
        assert visitor.hub_field.value == "qwen"
        assert "Searching…" in visitor.picture


async def test_the_next_page_comes_at_the_end() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("f", *"x", "enter")
        assert len(visitor.hub_names) == 3
        await visitor.press("down", "down")
        assert [each.page for each in visitor.commands(SearchHub)] == ["", "two"]
        assert len(visitor.hub_names) == 33
        assert visitor.hub.query_one(HubTable).cursor_row == 2
        await visitor.press("end")
        assert len(visitor.commands(SearchHub)) == 2


async def test_keys_choose_kind_format_and_order() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("f", *"x", "enter", "k", "o", "s")
        query = visitor.commands(SearchHub)[-1].query
        assert (query.kind, query.weight_format, query.order) == (
            "text", "gguf", "likes",
        )  # fmt: skip
        await visitor.place.action_kind("emb")
        await visitor.place.action_format("safetensors")
        await visitor.place.action_sort("date")
        await visitor.settle()
        query = visitor.commands(SearchHub)[-1].query
        assert (query.kind, query.weight_format, query.order) == (
            "embedding", "safetensors", "updated",
        )  # fmt: skip
        await visitor.place.action_kind("colour")
        await visitor.settle()
        assert "colour" in visitor.errors[0] and "adapter" in visitor.errors[0]


async def test_other_kinds_are_looked_through_without_words() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("f", "tab", "k")
        (search,) = visitor.commands(SearchHub)
        assert (search.query.words, search.query.kind) == ("", "text")


async def test_the_mouse_chooses_a_word_of_the_line() -> None:
    async with models_place(script=hub_script(), size=(140, 24)) as visitor:
        await visitor.press("f", *"x", "enter")
        line = visitor.hub.query_one(HubFilters)
        x = visitor.picture.splitlines()[line.region.y].index("vision")
        await visitor.pilot.click(offset=(x, line.region.y))
        await visitor.settle()
        assert visitor.commands(SearchHub)[-1].query.kind == "vision"


# Addresses


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("owner/name@v1", 0),
        ("https://huggingface.co/owner/name/tree/v1", 0),
        ("owner/name", 1),
    ],
)
async def test_an_address_is_taken_as_it_is(typed: str, searched: int) -> None:
    script = hub_script()
    repository, plan = described("owner/name")
    address = RepositoryAddress(repo_id="owner/name", revision="v1")
    script.repositories[typed] = (replace(repository, address=address), plan)
    async with models_place(script=script) as visitor:
        await visitor.press("f")
        await visitor.paste(typed)
        await visitor.press("enter")
        assert visitor.hub_names[0] == "owner/name"
        assert len(visitor.commands(SearchHub)) == searched
        assert "owner/name@v1" in visitor.hub_details
        await visitor.press("enter")
        assert visitor.plans == [JobSpec(source="owner/name@v1")]


async def test_an_address_that_is_not_there_says_so_and_what_to_do() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("f")
        await visitor.paste("owner/none@main")
        await visitor.press("enter")
        assert "There is no repository owner/none@main. Look again." in visitor.picture
        assert visitor.hub_names == []


async def test_what_is_not_in_the_library_is_looked_for_on_the_hub() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("slash")
        await visitor.paste(LLAMA)
        assert visitor.notice == "Not on this machine. Enter looks at it on the hub."
        await visitor.press("enter")
        assert visitor.hub_names[0] == LLAMA
        assert visitor.hub_field.value == LLAMA
        await visitor.press("escape", "slash", "ctrl+u", *"zzz")
        assert "Enter searches the hub" in visitor.notice
        await visitor.press("enter")
        assert visitor.commands(SearchHub)[-1].query.words == "zzz"


# Failures


async def test_a_failure_stands_in_its_place_with_the_next_step() -> None:
    script = hub_script()
    script.failures[SearchHub] = ("The network is switched off.", "Set offline to off.")
    async with models_place(script=script) as visitor:
        await visitor.press("f", *"qwen", "enter")
        assert visitor.notice == "The network is switched off. Set offline to off."
        del script.failures[SearchHub]
        await visitor.press("enter")
        assert visitor.notice == ""
        assert visitor.hub_names[0] == QWEN


async def test_a_repository_that_may_not_be_seen_says_why() -> None:
    script = hub_script()
    script.failures[DescribeRepository] = ("It is gated.", "Accept its licence.")
    async with models_place(script=script, size=(120, 30)) as visitor:
        await visitor.press("f", *"qwen", "enter", "p")
        await visitor.until(lambda: visitor.errors)
        assert visitor.errors == ["It is gated.\nAccept its licence."]
        assert visitor.plans == []
        await visitor.until(lambda: "✗ It is gated." in visitor.hub_details)
        assert "Accept its licence." in visitor.picture


async def test_nothing_found_says_which_keys_widen_the_search() -> None:
    async with models_place(script=Script()) as visitor:
        await visitor.press("f", *"zzz", "enter")
        assert "o looks at other formats" in visitor.notice


# Details


@pytest.mark.parametrize("size", [(80, 60), (140, 44)])
async def test_the_details_say_everything_before_anything_is_fetched(
    size: tuple[int, int],
) -> None:
    async with models_place(script=hub_script(), size=size) as visitor:
        await visitor.press("f", *"qwen", "enter")
        await visitor.until(lambda: "apache-2.0" in visitor.hub_details)
        for text in (
            QWEN, "✓ fits", "needs 3.1 GB of memory", "4k   3.1 GB   ✓ fits",
            "32k   7.3 GB   ▲ tight", "4.0B", "4-bit group 64", "4.50", "2.3 GB",
            "40,960 tokens", "qwen3", "open to everyone", "123.5K", "321", "2026-01-02",
            "Qwen/Qwen3-4B", "3 files", "tokenizer.json", "11.0 MB", "MLX model",
            "50.0 GB free", "0123456789ab",
        ):  # fmt: skip
            assert text in visitor.hub_details, text
        assert len(visitor.commands(DescribeRepository)) == 1
        await visitor.press("tab", "end")
        assert "A model of four billion parameters." in visitor.picture


async def test_only_the_row_on_which_the_cursor_rests_is_asked_for() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("f", *"qwen", "enter")
        await visitor.pilot.press("down", "down", "up")
        await visitor.until(lambda: "Llama-3.2" in visitor.hub_details)
        await visitor.until(lambda: "apache-2.0" in visitor.hub_details)
        asked = [each.address for each in visitor.commands(DescribeRepository)]
        assert asked[-1] == LLAMA and GATED not in asked
        await visitor.press("up", "down")
        await visitor.until(lambda: "apache-2.0" in visitor.hub_details)
        assert [each.address for each in visitor.commands(DescribeRepository)] == asked


async def test_an_architecture_that_is_not_known_is_a_problem_in_words() -> None:
    script = hub_script()
    repository, plan = script.repositories[QWEN]
    contents = replace(
        plan.contents, problem="mlx-lm does not know qwen9.", hint="Wait."
    )
    script.repositories[QWEN] = (repository, replace(plan, contents=contents))
    async with models_place(script=script) as visitor:
        await visitor.press("f", *"qwen", "enter")
        await visitor.until(lambda: "✗ mlx-lm does not know qwen9." in visitor.picture)


async def test_the_view_keeps_its_state_when_one_comes_back() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("f", *"qwen", "enter", "down")
        await visitor.press("escape")
        assert visitor.place.hub is None
        assert visitor.table.has_focus
        await visitor.press("f", "escape")
        assert visitor.hub_field.value == "qwen"
        assert visitor.hub.query_one(HubTable).cursor_row == 1
        assert len(visitor.commands(SearchHub)) == 1


# Fetching


async def test_p_asks_for_the_plan_and_q_for_the_recipe() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("f", *"qwen", "enter", "p")
        assert visitor.plans == [JobSpec(source=QWEN)]
        await visitor.press("q")
        assert isinstance(visitor.app.screen, QuantizeForm)
        await visitor.press("left", "left", "left", "enter")  # 16 bits → quantize
        assert visitor.plans[-1].source == QWEN
        assert visitor.plans[-1].name == "Qwen3-4B-4bit-4bit"
        assert visitor.plans[-1].recipe.quantization == Quantization()


async def test_enter_chats_with_what_is_here_already() -> None:
    script = hub_script()
    repository, plan = described(QWEN)
    here = replace(plan, path=Path("/hub/qwen"), fetch_bytes=0)
    script.repositories[QWEN] = (repository, here)
    async with models_place(script=script) as visitor:
        await visitor.press("f", *"qwen", "enter", "enter")
        (asked,) = visitor.app.asked
        assert isinstance(asked, ActionRequested)
        assert (asked.name, asked.argument) == ("models.chat", QWEN)


async def test_a_named_repository_goes_to_its_plan_at_once() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.place.action_pull("owner/name@v2")
        await visitor.settle()
        assert visitor.plans == [JobSpec(source="owner/name@v2")]


async def test_keys_of_the_library_do_nothing_to_what_is_not_seen() -> None:
    async with models_place(script=hub_script()) as visitor:
        await visitor.press("f", "tab", "d", "m", "y", "v", "x")
        assert len(visitor.app.screen_stack) == 1
        assert set(visitor.notes) == {"Esc goes back to the models of this machine."}
        visitor.place.action_remove("日本語モデル-8bit")
        await visitor.until(lambda: "Remove 日本語モデル-8bit?" in visitor.picture)
        assert visitor.place.hub is None


# How it looks


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (160, 50), (20, 5), (3, 2)])
@pytest.mark.parametrize("language", ["en", "ja"])
async def test_every_size_and_language_can_be_drawn(
    size: tuple[int, int], language: i18n.Language
) -> None:
    i18n.set_language(language)
    async with models_place(script=hub_script(), size=size) as visitor:
        await visitor.press("f", *"qwen", "enter")
        await visitor.until(lambda: "apache-2.0" in visitor.hub_details)
        await visitor.press("tab", "pagedown", "home")
        assert visitor.hub.query_one(HubDetails).has_focus
        if size[0] >= 40:
            assert "Qwen3-4B-4bit" in visitor.picture
        await visitor.press("escape", "escape")
        assert visitor.place.hub is None


async def test_text_from_the_hub_cannot_drive_the_terminal() -> None:
    nasty = ESCAPES + BIDI + MARKUP + ODD_MARKDOWN
    script = hub_script()
    repository, plan = described(QWEN, license=nasty, card=nasty, base_models=(nasty,))
    files = tuple(replace(file, path=nasty) for file in repository.files)
    choice = GgufChoice(file=nasty, quantization=nasty, size_bytes=1)
    contents = replace(
        plan.contents, architecture=nasty, quantization=nasty, gguf=(choice, choice)
    )
    script.repositories[QWEN] = (
        replace(repository, files=files),
        replace(plan, contents=contents),
    )
    script.pages[""] = SearchPage(found=(found(QWEN), found(nasty)))
    script.failures[ListRecommended] = (nasty, nasty)
    async with models_place(script=script, size=(140, 90)) as visitor:
        await visitor.press("f")
        for keys in (("x", "enter"), ("tab", "end"), ("home", "p"), ("escape",)):
            await visitor.press(*keys)
            await visitor.until(lambda: "[bold]x[/bold]" in visitor.picture)
            for character in "\x1b\x9b\x07\u202e\u2066":
                assert character not in visitor.picture
