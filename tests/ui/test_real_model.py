"""The app over the real engine and small real models."""

from pathlib import Path

import pytest

from mlxtui.backend.backend import Backend
from mlxtui.types import LocalModel
from mlxtui.ui.messages import SettingChanged
from mlxtui.ui.transcript.turns import AnswerTurn
from tests.models import THINKING_TEMPLATE, write_model
from tests.recorded import GUIDE
from tests.ui.harness import FindModel, User, find_guide, find_none, open_app


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose answers end soon, at its context's limit."""
    folder = tmp_path_factory.mktemp("models") / "short"
    return write_model(folder, max_position_embeddings=96, endless=True)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose answers do not end by themselves for a long time."""
    folder = tmp_path_factory.mktemp("models") / "long"
    return write_model(
        folder,
        chat_template=THINKING_TEMPLATE,
        max_position_embeddings=1_000_000,
        endless=True,
    )


def find(path: Path) -> FindModel:
    """Says to load this folder at the start."""
    model = LocalModel(name=path.name, path=path, source="path")
    return lambda: model


async def wait_for_model(user: User, name: str) -> None:
    """Wait until this model answers."""
    await user.until(lambda: user.model_line.startswith(f"● {name}"))


async def wait_for_text(user: User, turn: AnswerTurn) -> None:
    """Wait until the model has begun."""
    await user.until(lambda: turn.text or turn.reasoning)


async def wait_for_end(user: User) -> None:
    """Wait until the answer is complete."""
    await user.until(lambda: not user.is_answering)
    await user.settle()


async def test_a_question_is_answered(short: Path) -> None:
    async with open_app(find_model=find(short), make_backend=Backend) as user:
        await wait_for_model(user, "short")
        turn = await user.ask("Hello?")
        await wait_for_end(user)
        assert turn.text
        assert turn.statistics.startswith("cut at the length limit · ")
        assert user.activity.endswith("tokens/s")


async def test_a_question_asked_at_the_start_waits_for_the_model(short: Path) -> None:
    async with open_app(find_model=find(short), make_backend=Backend) as user:
        await user.until(lambda: "short" in user.model_line)
        turn = await user.ask("Hello?")
        await wait_for_end(user)
        assert turn.text


async def test_the_built_in_model_answers_with_markdown() -> None:
    async with open_app(find_model=find_guide, make_backend=Backend) as user:
        await wait_for_model(user, "guide")
        turn = await user.ask("Which keys are there?")
        await wait_for_end(user)
        assert turn.statistics.startswith("finished · ")
        await user.ask("Thank you.")
        await wait_for_end(user)
        assert user.answers[-1].statistics


async def test_an_answer_is_stopped_and_the_next_one_comes(long: Path) -> None:
    async with open_app(find_model=find(long), make_backend=Backend) as user:
        await wait_for_model(user, "long")
        turn = await user.ask("Tell me.")
        await wait_for_text(user, turn)
        await user.press("escape")
        await wait_for_end(user)
        assert turn.state == "cancelled"
        said = turn.text + turn.reasoning
        assert said
        again = await user.ask("And?")
        await wait_for_text(user, again)
        await user.press("escape")
        await wait_for_end(user)
        assert turn.text + turn.reasoning == said


async def test_a_new_chat_in_the_middle_of_an_answer(long: Path) -> None:
    async with open_app(find_model=find(long), make_backend=Backend) as user:
        await wait_for_model(user, "long")
        for _turn in range(3):
            turn = await user.ask("Tell me.")
            await wait_for_text(user, turn)
            await user.press("ctrl+n")
            assert user.answers == []
            assert not user.is_answering
        assert user.app.is_running


async def test_another_model_takes_over_and_the_former_is_freed(
    short: Path, long: Path
) -> None:
    async with open_app(find_model=find(long), make_backend=Backend) as user:
        await wait_for_model(user, "long")
        await user.press("ctrl+o")
        await user.type_text(str(short))
        await user.press("enter")
        await wait_for_model(user, "short")
        turn = await user.ask("Hello?")
        await wait_for_end(user)
        assert turn.model_name == "short" and turn.text
        batches = user.app.backend._engine._batches
        assert [path.name for path in batches] == ["short"]


async def test_a_switch_while_an_answer_is_written(short: Path, long: Path) -> None:
    async with open_app(find_model=find(long), make_backend=Backend) as user:
        await wait_for_model(user, "long")
        turn = await user.ask("Tell me.")
        await wait_for_text(user, turn)
        await user.press("ctrl+o")
        await user.type_text(str(short))
        await user.press("enter")
        await wait_for_model(user, "short")
        await user.press("escape")
        await wait_for_end(user)
        await user.press("ctrl+n")
        turn = await user.ask("Hello?")
        await wait_for_end(user)
        assert turn.text
        # The former one could not be freed while it answered; now it can.
        batches = user.app.backend._engine._batches
        await user.until(lambda: [path.name for path in batches] == ["short"])


async def test_a_folder_that_is_no_model_says_why(tmp_path: Path) -> None:
    async with open_app(find_model=find(tmp_path), make_backend=Backend) as user:
        await user.until(lambda: user.model_line.startswith("✗ "))
        await user.until(lambda: "config.json" in "".join(user.picture.split()))
        await user.press("ctrl+o", "enter")
        await wait_for_model(user, GUIDE.name)


async def test_leaving_while_a_model_loads(long: Path) -> None:
    async with open_app(find_model=find(long), make_backend=Backend) as user:
        await user.until(lambda: "long" in user.model_line)
        await user.press("ctrl+q")
        await user.until(lambda: not user.app.is_running)
        assert user.app.return_code == 0


async def test_leaving_while_an_answer_is_written(long: Path) -> None:
    async with open_app(find_model=find(long), make_backend=Backend) as user:
        await wait_for_model(user, "long")
        turn = await user.ask("Tell me.")
        await wait_for_text(user, turn)
        await user.press("ctrl+q")
        await user.until(lambda: not user.app.is_running)
        assert user.app.return_code == 0


async def test_a_models_folder_that_is_set_is_looked_through_at_once(
    tmp_path: Path,
) -> None:
    write_model(tmp_path / "mine" / "tiny-llama")
    async with open_app(find_model=find_none, make_backend=Backend) as user:
        await user.press("f3")
        user.app.post_message(SettingChanged("models_folder", str(tmp_path / "mine")))
        await user.press("r")
        await user.until(lambda: "tiny-llama" in user.picture)
