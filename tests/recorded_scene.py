"""What the pictures show: a hub with models, a plan, and jobs."""

from dataclasses import replace
from datetime import timedelta

from mlxtui.backend.job_info import FileProgress, JobInfo
from mlxtui.plans import JobSpec, MemoryNeed, Plan, PlanStep
from mlxtui.recipes import Recipe, quantization
from mlxtui.repositories import (
    FoundRepository,
    Recommendation,
    RemoteFile,
    Repository,
    RepositoryAddress,
    SearchPage,
)
from tests.recorded import Script
from tests.recorded_gguf import FILE, gguf_plan
from tests.recorded_hub import CREATED, PLAN, REPOSITORY, job

_SIZES = (("0.6B", 0.6e9), ("1.7B", 1.7e9), ("4B", 4e9), ("8B", 8.2e9), ("14B", 14.8e9))

_NOTES = (
    ("mlx-community/Qwen3-4B-4bit", 4.0e9, "fits",
     "Thinks before it answers; good at Japanese", "考えてから答える。日本語も得意"),
    ("mlx-community/Llama-3.2-3B-Instruct-4bit", 3.2e9, "fits",
     "Quick answers in English", "英語にすばやく答える"),
    ("mlx-community/Qwen3-8B-4bit", 8.2e9, "tight",
     "Knows more, and takes its time", "知識が多く、少し遅い"),
    ("mlx-community/Qwen3-30B-A3B-4bit", 30.5e9, "too-big",
     "For large machines", "大きなメモリ向け"),
)  # fmt: skip

_CARD = """# Qwen3 4B

A model of **four** billion parameters in 4 bits, made with `mlx-lm`.

| task | score |
|---|---|
| MMLU | 71.2 |
"""

QUANTIZED = replace(
    PLAN,
    spec=JobSpec(source="Qwen/Qwen3-4B", recipe=Recipe(quantization=quantization(4))),
    source_name="Qwen/Qwen3-4B",
    license="apache-2.0",
    address=RepositoryAddress(repo_id="Qwen/Qwen3-4B"),
    contents=replace(
        PLAN.contents, kind="safetensors", quantization="bf16", is_packed=False
    ),
    steps=(
        PlanStep(stage="download", size_bytes=8_051_001_000),
        PlanStep(stage="verify"),
        PlanStep(stage="quantize", size_bytes=8_040_000_000),
        PlanStep(stage="measure"),
        PlanStep(stage="try"),
    ),
    files=(
        RemoteFile(path="config.json", size_bytes=1_000),
        RemoteFile(path="model-00001-of-00002.safetensors", size_bytes=4_970_000_000),
        RemoteFile(path="model-00002-of-00002.safetensors", size_bytes=3_070_000_000),
        RemoteFile(path="tokenizer.json", size_bytes=11_000_000),
    ),
    fetch_bytes=8_051_001_000,
    disk_needed_bytes=10_320_000_000,
    result_name="Qwen3-4B-4bit",
    memory=(
        *PLAN.memory,
        MemoryNeed(
            context_tokens=40_960,
            needed_bytes=12_900_000_000,
            cache_bytes=6_000_000_000,
            fit="too-big",
        ),
    ),
)
"""A repository that is fetched and quantized."""


def _jobs() -> tuple[JobInfo, ...]:
    quantizing = job(
        "Qwen3-4B-4bit",
        spec=QUANTIZED.spec,
        stages=("download", "verify", "quantize", "measure", "try"),
        stage="quantize",
        done=3_460_000_000,
        total=8_040_000_000,
        rate_per_second=412e6,
        seconds_left=11.0,
    )
    fetching = job(
        "Llama-3.2-3B-Instruct-4bit",
        done=1_210_000_000,
        total=1_820_000_000,
        rate_per_second=48.2e6,
        seconds_left=13.0,
        files=(
            FileProgress(
                path="model.safetensors",
                done_bytes=1_190_000_000,
                total_bytes=1_800_000_000,
            ),
            FileProgress(
                path="tokenizer.json", done_bytes=16_400_000, total_bytes=17_200_000
            ),
        ),
    )
    others = (
        job("Qwen3-8B-4bit", "waiting", stage=None),
        job("gemma-3-4b-it-6bit", "paused", done=1_100_000_000, total=3_700_000_000),
        job("Qwen3-0.6B-4bit", "finished", result_name="Qwen3-0.6B-4bit"),
    )
    newest_first = (quantizing, fetching, *others)
    return tuple(
        replace(each, created_at=CREATED - timedelta(minutes=number))
        for number, each in enumerate(newest_first)
    )


JOBS = _jobs()
"""The newest first: a quantization, a download, and three that stand still."""


def _found(name: str, count: float, bits: int) -> FoundRepository:
    return FoundRepository(
        repo_id=f"mlx-community/Qwen3-{name}-{bits}bit",
        kind="text",
        weight_formats=("mlx",),
        downloads=int(2e14 / (abs(count - 4e9) + 1e9) / bits),
        likes=int(4e11 / count) + 8 - bits,
        updated=CREATED + timedelta(days=bits),
        is_gated=False,
        parameter_count=int(count),
        size_bytes=int(count * (bits + 0.5) / 8),
    )


def _described(repo_id: str) -> tuple[Repository, Plan]:
    address = RepositoryAddress(repo_id=repo_id)
    return replace(REPOSITORY, address=address, card=_CARD), replace(
        PLAN, address=address, spec=JobSpec(source=repo_id)
    )


def scene() -> Script:
    """A hub and a plan; the jobs are added where they are wanted."""
    found = [_found(name, count, bits) for name, count in _SIZES for bits in (4, 8)]
    found.sort(key=lambda each: -each.downloads)
    recommended = tuple(
        (
            Recommendation(
                repo_id=repo_id,
                kind="text",
                parameter_count=int(count),
                size_bytes=int(count * 4.5 / 8),
                languages=("en", "ja"),
                note_en=note_en,
                note_ja=note_ja,
            ),
            fit,
        )
        for repo_id, count, fit, note_en, note_ja in _NOTES
    )
    names = {each.repo_id for each in found} | {each[0].repo_id for each in recommended}
    return Script(
        pages={"": SearchPage(found=tuple(found), next_page="2")},
        repositories={name: _described(name) for name in names},
        recommended=recommended,  # type: ignore[arg-type]
        plans={QUANTIZED.spec.source: QUANTIZED, FILE: gguf_plan},
    )
