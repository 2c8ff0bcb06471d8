"""GGUF files as plans and details show them: both modes, choices, what was made."""

from dataclasses import replace

from mlxtui.plans import (
    Contents,
    Fit,
    GgufChoice,
    GgufForm,
    GgufOrigin,
    JobSpec,
    MemoryNeed,
    Plan,
    PlanStep,
    TensorsOfType,
)
from mlxtui.recipes import GgufMode
from tests.recorded_hub import PLAN, REPOSITORY

FILE = "/models/Qwen3-4B-Q4_K_M.gguf"
REPOSITORY_OF_SEVERAL = "owner/Qwen3-4B-GGUF"


def _choice(quantization: str, size_bytes: float, bits: float, fit: Fit) -> GgufChoice:
    return GgufChoice(
        file=f"Qwen3-4B-{quantization}.gguf",
        quantization=quantization,
        size_bytes=int(size_bytes),
        bits_per_weight=bits,
        fit=fit,
    )


CHOICES = (
    _choice("Q2_K", 1.67e9, 3.32, "fits"),
    _choice("Q3_K_M", 2.08e9, 4.13, "fits"),
    _choice("Q4_K_M", 2.50e9, 4.97, "fits"),
    _choice("Q5_K_M", 2.89e9, 5.75, "fits"),
    _choice("Q6_K", 3.31e9, 6.58, "tight"),
    _choice("Q8_0", 4.28e9, 8.52, "tight"),
    _choice("BF16", 8.05e9, 16.02, "too-big"),
)
"""Smallest first."""

FORMS = (
    GgufForm(mode="faithful", size_bytes=2_790_000_000, bits_per_weight=5.55),
    GgufForm(mode="exact", size_bytes=11_940_000_000, bits_per_weight=23.76),
)

ORIGIN = GgufOrigin(
    files=("Qwen3-4B-Q4_K_M.gguf",),
    sha256="7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5",
    mode="faithful",
    chat_template="chatml",
    types=(
        TensorsOfType(
            type_name="Q4_K", form="4-bit group 32", count=216,
            size_bytes=2_170_000_000, largest_error=2.4e-4,
        ),
        TensorsOfType(
            type_name="Q6_K", form="8-bit group 32", count=37,
            size_bytes=620_000_000, largest_error=1.9e-3,
        ),
        TensorsOfType(
            type_name="F32", form="F16", count=145, size_bytes=400_000,
            largest_error=0,
        ),
    ),
)  # fmt: skip
"""What was made of it."""

_CONTENTS = Contents(
    kind="gguf",
    architecture="qwen3",
    parameter_count=4_020_000_000,
    bits_per_weight=4.97,
    quantization="Q4_K_M",
    is_packed=True,
    size_bytes=2_500_000_000,
    context_length=40_960,
    capabilities=("chat",),
    weight_files=("Qwen3-4B-Q4_K_M.gguf",),
    gguf=CHOICES[2:3],
    gguf_forms=FORMS,
)

# Needed with 4,096 and 32,768 tokens, in each mode.
_NEEDED: dict[GgufMode, tuple[tuple[float, Fit], tuple[float, Fit]]] = {
    "faithful": ((3.7e9, "fits"), (7.9e9, "tight")),
    "exact": ((13.7e9, "too-big"), (17.9e9, "too-big")),
}


def gguf_plan(spec: JobSpec) -> Plan:
    """The plan of a file; the mode and the template of the spec count."""
    form = next(each for each in FORMS if each.mode == spec.gguf_mode)
    name = "Qwen3-4B-Q4_K_M" + ("-exact" if spec.gguf_mode == "exact" else "")
    return replace(
        PLAN,
        spec=spec,
        address=None,
        files=(),
        fetch_bytes=0,
        source_name=FILE,
        contents=_CONTENTS,
        steps=(
            PlanStep(stage="import", size_bytes=_CONTENTS.size_bytes),
            PlanStep(stage="try"),
        ),
        result_name=spec.name or name,
        result_size_bytes=form.size_bytes,
        result_bits_per_weight=form.bits_per_weight,
        disk_needed_bytes=form.size_bytes,
        memory=tuple(
            MemoryNeed(
                context_tokens=tokens,
                needed_bytes=int(needed_bytes),
                cache_bytes=0,
                fit=fit,
            )
            for tokens, (needed_bytes, fit) in zip(
                (4096, 32_768), _NEEDED[spec.gguf_mode], strict=True
            )
        ),
    )


def plan_without_template(spec: JobSpec) -> Plan:
    """The same of a file that only continues text."""
    plan = gguf_plan(spec)
    contents = replace(plan.contents, capabilities=(), template_offer="chatml")
    return replace(plan, contents=contents)


def plan_of_several(spec: JobSpec) -> Plan:
    """The plan of a repository with one file for each quantization."""
    plan = gguf_plan(spec)
    contents = replace(plan.contents, gguf=CHOICES)
    return replace(
        plan,
        address=replace(REPOSITORY.address, repo_id=REPOSITORY_OF_SEVERAL),
        source_name=REPOSITORY_OF_SEVERAL,
        contents=contents,
        fetch_bytes=2_500_000_000,
        files=REPOSITORY.files,
    )
