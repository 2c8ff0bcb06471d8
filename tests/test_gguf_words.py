"""The words for GGUF files: aligned tables, and what they recommend."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from mlxtui import i18n
from mlxtui.gguf_words import (
    best_fit,
    choice_rows,
    is_imported,
    lacks_file,
    origin_facts,
    origin_rows,
    recommended_choice,
    template_notice,
)
from mlxtui.plans import Fit, GgufChoice, JobSpec
from tests.recorded_gguf import (
    CHOICES,
    ORIGIN,
    gguf_plan,
    plan_of_several,
    plan_without_template,
)

SPEC = JobSpec(source="x")


def with_fits(*fits: Fit | None) -> list[GgufChoice]:
    """Choices that fit so, each larger than the one before."""
    return [
        GgufChoice(file=f"{n}.gguf", quantization="", size_bytes=n, fit=fit)
        for n, fit in enumerate(fits)
    ]


def test_of_those_that_fit_the_largest_packed_one_is_recommended() -> None:
    def recommended(*each: tuple[float | None, Fit]) -> int | None:
        choices = [
            GgufChoice(file=f"{n}.gguf", quantization="", size_bytes=n,
                       bits_per_weight=bits, fit=fit)
            for n, (bits, fit) in enumerate(each)
        ]  # fmt: skip
        found = recommended_choice(choices)
        assert found is recommended_choice(choices[::-1])
        return found.size_bytes if found else None

    assert recommended((4.9, "fits"), (8.51, "fits"), (16.0, "fits")) == 1
    assert recommended((4.9, "fits"), (9.0, "fits"), (9.01, "fits")) == 1
    assert recommended((4.9, "fits"), (8.51, "tight"), (16.0, "too-big")) == 0
    assert recommended((16.0, "fits"), (32.0, "fits")) == 0
    assert recommended((None, "fits"), (None, "fits")) == 0
    assert recommended((None, "fits"), (4.9, "fits"), (None, "fits")) == 1


def test_the_recommended_one_fits() -> None:
    recommended = recommended_choice(CHOICES)
    assert recommended is not None and recommended.quantization == "Q5_K_M"
    none_fits = with_fits("tight", "too-big")
    assert recommended_choice(none_fits) is None and best_fit(none_fits) == "tight"
    assert best_fit(with_fits("too-big")) == "too-big"
    assert best_fit(with_fits(None)) is None
    assert recommended_choice(()) is None and best_fit(()) is None


def test_choices_are_a_table_with_the_recommended_one_marked() -> None:
    lines = ["  ".join(row).rstrip() for row in choice_rows(CHOICES)]
    assert lines[0].split() == ["Quantization", "Size", "Bits", "Memory", "File"]
    assert lines[1].split() == ["Q2_K", "1.7", "GB", "3.32", "✓", "fits",
                                "Qwen3-4B-Q2_K.gguf"]  # fmt: skip
    assert [line for line in lines if "★" in line] == [lines[4]]
    assert len({line.index("Qwen3") for line in lines[1:]}) == 1
    assert "✗ does not fit" in lines[-1]
    unknown = choice_rows(with_fits(None))[1]
    assert [cell.strip() for cell in unknown] == ["", "–", "0 B", "–", "", "0.gguf"]


def test_what_was_made_is_a_table_with_the_largest_errors() -> None:
    rows = origin_rows(ORIGIN)
    assert [cell.strip() for cell in rows[1]] == [
        "Q4_K", "4-bit group 32", "216", "2.2 GB", "2.4e-04",
    ]  # fmt: skip
    assert [row[-1].strip() for row in rows[1:]] == ["2.4e-04", "1.9e-03", "exact"]
    assert origin_rows(replace(ORIGIN, types=()))[0][0] == "Type"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_columns_are_aligned_in_every_language(language: i18n.Language) -> None:
    i18n.set_language(language)
    for rows in (origin_rows(ORIGIN), choice_rows(CHOICES)):
        for column in zip(*rows, strict=True):
            assert len(set(map(cell_len, column))) == 1, column


def test_the_origin_is_named() -> None:
    hostile = replace(ORIGIN, files=("a\x1b[31m.gguf", "b.gguf"))
    facts = dict(origin_facts(hostile))
    assert facts["GGUF file"] == "a␛[31m.gguf, b.gguf"
    assert facts["SHA-256"] == ORIGIN.sha256
    assert facts["Weights"] == "faithful" and facts["Chat template"] == "chatml"
    assert "Chat template" not in dict(origin_facts(replace(ORIGIN, chat_template="")))


def test_a_missing_template_is_said_of_gguf_files_alone() -> None:
    assert "no chat template" in template_notice(plan_without_template(SPEC).contents)
    assert template_notice(gguf_plan(SPEC).contents) == ""
    contents = plan_without_template(SPEC).contents
    assert template_notice(replace(contents, kind="mlx")) == ""
    assert template_notice(replace(contents, problem="damaged")) == ""


def test_a_file_must_be_named_where_there_are_several() -> None:
    plan = plan_of_several(SPEC)
    assert lacks_file(plan) and not lacks_file(gguf_plan(SPEC))
    assert not lacks_file(plan_of_several(replace(SPEC, file="a.gguf")))
    assert plan.address is not None
    for file, is_enough in (("q/a.GGUF", True), ("README.md", False)):
        pointed_at = replace(plan, address=replace(plan.address, file=file))
        assert lacks_file(pointed_at) != is_enough
    refused = replace(plan.contents, problem="It is a vocabulary.")
    assert not lacks_file(replace(plan, contents=refused))


def test_a_plan_without_steps_is_of_what_is_here_already() -> None:
    plan = gguf_plan(SPEC)
    assert not is_imported(plan) and is_imported(replace(plan, steps=()))
    assert not is_imported(replace(plan, steps=(), problem="It does not fit."))
    assert not is_imported(
        replace(plan, steps=(), contents=replace(plan.contents, kind="mlx"))
    )
