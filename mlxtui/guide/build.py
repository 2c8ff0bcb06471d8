"""Makes the guide: `python -m mlxtui.guide.build`.

On MLX's CPU build a preloaded OpenBLAS makes the matrix products 10 to 25 times
faster; without it the build works as well, but takes hours.
"""

import argparse
import copy
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from mlx.utils import tree_flatten
from mlx_lm.utils import dequantize_model
from tokenizers import Tokenizer

from mlxtui.guide import MODEL_FOLDER
from mlxtui.guide.augment import augment
from mlxtui.guide.evaluate import earlier_turns, held_out_questions, right_answers
from mlxtui.guide.examples import Example, examples_of
from mlxtui.guide.folder import (
    folder_size,
    put_into_place,
    quantized,
    write_card,
    write_folder,
)
from mlxtui.guide.memory import keep_freed_memory
from mlxtui.guide.network import GUIDE_SIZE, NetworkSize, network_config
from mlxtui.guide.plan import Plan
from mlxtui.guide.questions import LANGUAGES, QUESTIONS_FILE, Topic, load_topics
from mlxtui.guide.tokenizer import VOCABULARY_SIZE, train_tokenizer
from mlxtui.guide.train import train

_SEED: Final = 1
_CHECKED_TURNS: Final = (1, 2, 5, 12)  # place of the question in the conversation
# Some 22 minutes on two cores with OpenBLAS; 800 steps answered 3 points fewer of the
# held-out first questions, and 14 fewer in the twelfth turn of a conversation.
GUIDE_PLAN: Final = Plan(steps=2000, first_sense_steps=1000, extra_processes=1)


def _say(line: str) -> None:
    print(line, flush=True)


def build(
    folder: Path,
    topics: Sequence[Topic],
    plan: Plan,
    size: NetworkSize = GUIDE_SIZE,
    vocabulary_size: int = VOCABULARY_SIZE,
    checked_turns: Sequence[int] = _CHECKED_TURNS,
    report: Callable[[str], None] = _say,
) -> None:
    """Trains, quantizes and checks the guide, and writes its folder.

    Args:
        folder: Where the model comes to lie; what was there is replaced at the end.
        topics: What the guide learns.
        plan: How it learns.
        size: Sizes of the network.
        vocabulary_size: Tokens at most.
        checked_turns: Places in a conversation, from 1, where held-out questions
            are asked in the check. The first must be 1.
        report: Takes one line of progress at a time.

    Raises:
        OSError: If the folder cannot be written.
    """
    examples = examples_of(topics)
    answer_count = len(topics) * len(LANGUAGES)
    tokenizer = _tokenizer(examples, vocabulary_size)
    config = network_config(size, tokenizer.get_vocab_size())
    report(f"{len(topics)} topics, {len(examples)} questions")
    network = train(config, answer_count, examples, tokenizer, plan, _SEED, report)
    weights: Any = tree_flatten(network.parameters())
    parameters = sum(weight.size for _, weight in weights)
    report(f"{parameters / 1e6:.2f} million parameters")
    network, config = quantized(network, config)
    shares = _check(network, tokenizer, topics, checked_turns, report)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary) / "model"
        made.mkdir()
        write_folder(made, network, config, tokenizer)
        write_card(made, parameters, *shares)
        put_into_place(made, folder)
    report(f"{folder}: {folder_size(folder) / 1e6:.2f} MB")


def _tokenizer(examples: Sequence[Example], vocabulary_size: int) -> Tokenizer:
    generator = random.Random(_SEED)
    texts = sorted({example.answer for example in examples})
    texts += [example.question for example in examples]
    # Varied questions as well, for tokens of the words that training puts in.
    texts += [augment(one.question, one.language, generator) for one in examples]
    return train_tokenizer(texts, vocabulary_size)


def _check(
    network: Any,
    tokenizer: Tokenizer,
    topics: Sequence[Topic],
    turns: Sequence[int],
    report: Callable[[str], None],
) -> list[float]:
    # The same weights without their packing: the quantized product for many
    # tokens at once takes 50 times as long on the CPU.
    unpacked = dequantize_model(copy.deepcopy(network))
    first: list[float] = []
    for turn in turns:
        for language in LANGUAGES:
            asked = [
                one for one in held_out_questions(topics) if one.language == language
            ]
            before = [
                earlier_turns(topics, turn - 1, seed) for seed in range(len(asked))
            ]
            right = right_answers(unpacked, tokenizer, asked, before)
            share = sum(right) / len(right)
            report(f"held-out questions, {language}, turn {turn}: {share:.1%} right")
            if turn == 1:
                first.append(share)
                for one, is_right in zip(asked, right, strict=True):
                    if not is_right:
                        report(f"  wrong: {one.topic}: {one.question}")
    return first


def main() -> None:
    """Builds the guide into the package."""
    parser = argparse.ArgumentParser(description="Make the built-in model.")
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--questions", type=Path, default=QUESTIONS_FILE)
    parser.add_argument("--steps", type=int, default=GUIDE_PLAN.steps)
    arguments = parser.parse_args()
    started = time.monotonic()
    keep_freed_memory()
    plan = replace(GUIDE_PLAN, steps=arguments.steps)
    build(arguments.folder, load_topics(arguments.questions), plan)
    _say(f"{time.monotonic() - started:.0f} s in all")


if __name__ == "__main__":
    main()
