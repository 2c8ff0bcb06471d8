"""A plan on a terminal: what a GGUF file becomes is said before anything is done."""

from dataclasses import replace

from mlxtui.cli.lines import table_lines
from mlxtui.cli.plan_lines import plan_rows
from mlxtui.plans import JobSpec, Plan
from mlxtui.recipes import Recipe, quantization
from tests.recorded_gguf import (
    FILE,
    gguf_plan,
    plan_of_several,
    plan_without_template,
)
from tests.recorded_hub import PLAN

SPEC = JobSpec(source=FILE)
EXACT = replace(SPEC, gguf_mode="exact")


def lines(plan: Plan) -> list[str]:
    """What is printed, with single spaces."""
    return [" ".join(line.split()) for line in table_lines(plan_rows(plan))]


def test_both_modes_are_shown_with_the_option_that_takes_the_other() -> None:
    shown = lines(gguf_plan(SPEC))
    assert "Weights ● faithful: 2.8 GB · 5.55 bits per weight" in shown
    assert "○ exact: 11.9 GB · 23.76 bits per weight (--exact)" in shown
    assert "Steps import → try" in shown
    shown = lines(gguf_plan(EXACT))
    assert "Weights ○ faithful: 2.8 GB · 5.55 bits per weight" in shown
    assert "● exact: 11.9 GB · 23.76 bits per weight" in shown
    assert not [line for line in lines(PLAN) if line.startswith("Weights")]


def test_a_recipe_leaves_no_choice_of_modes() -> None:
    spec = replace(SPEC, recipe=Recipe(quantization=quantization(4)))
    assert not [line for line in lines(gguf_plan(spec)) if "faithful" in line]


def test_a_missing_template_is_said_with_the_option_that_adds_one() -> None:
    def template(plan: Plan) -> str:
        return dict(plan_rows(plan)).get("Chat template", "")

    plan = plan_without_template(SPEC)
    assert template(gguf_plan(SPEC)) == ""
    assert "no chat template" in template(plan)
    assert "`--template chatml` adds one." in template(plan)
    bare = replace(plan, contents=replace(plan.contents, template_offer=""))
    assert "no chat template" in template(bare) and "--template" not in template(bare)
    contents = replace(bare.contents, template_families=("alpaca", "zephyr"))
    any_family = template(replace(bare, contents=contents))
    assert "`--template FAMILY` adds one: alpaca, zephyr." in any_family
    chosen = plan_without_template(replace(SPEC, chat_template="chatml"))
    assert template(chosen) == "chatml"


def test_of_several_files_one_is_to_be_chosen() -> None:
    shown = lines(plan_of_several(SPEC))
    assert "Choose one Quantization Size Bits Memory File" in shown
    assert "★ Q5_K_M 2.9 GB 5.75 ✓ fits Qwen3-4B-Q5_K_M.gguf" in shown
    assert not [line for line in shown if line.startswith(("Weights", "Memory"))]
    named = lines(plan_of_several(replace(SPEC, file="Qwen3-4B-Q4_K_M.gguf")))
    assert not [line for line in named if "Q2_K" in line]
