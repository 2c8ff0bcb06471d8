"""What a job will do, found out before anything is done: files, room, steps, result."""

from dataclasses import replace
from pathlib import Path

from mlxtui import names
from mlxtui.backend.library_scan import named_folders
from mlxtui.backend.plan_disk import disk_need
from mlxtui.backend.plan_memory import memory_needs, weight_budget
from mlxtui.backend.plan_source import (
    PlanSource,
    snapshot_folder,
    source_of,
    source_of_repository,
)
from mlxtui.convert.estimate import estimate
from mlxtui.convert.needed_files import needed_files
from mlxtui.convert.refusals import FETCH_HINTS
from mlxtui.errors import InvalidParameter, MlxTuiError
from mlxtui.i18n import _
from mlxtui.plans import Contents, JobSpec, Plan, PlanStep, Stage
from mlxtui.recipes import Quantization, Recipe
from mlxtui.repositories import Repository
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.units import bytes_text

_LANGUAGE_MODELS = ("mlx", "safetensors")

# The fewest bits that fitting to a machine chooses for a layer.
_SMALLEST = Recipe(quantization=Quantization(bits=2, group_size=64))


def make_plan(spec: JobSpec, settings: Settings) -> Plan:
    """Find out what a job would do; what speaks against it is part of the plan.

    Raises:
        InvalidParameter: Its source is neither an address nor a path.
        HubError: The hub does not answer, or does not have the repository.
    """
    return _planned(spec, source_of(spec.source, spec.file, settings), settings)


def describe_repository(address: str, settings: Settings) -> tuple[Repository, Plan]:
    """Everything about a repository, and the plan of fetching it as it is.

    Raises:
        InvalidParameter: The address is none.
        HubError: The hub does not answer, or does not have it.
    """
    from mlxtui.hub.access import hub_access
    from mlxtui.hub.address import parse_address
    from mlxtui.hub.repository import describe

    parsed = parse_address(address)
    repository = describe(hub_access(settings), parsed)
    source = source_of_repository(repository, "", settings)
    return repository, _planned(JobSpec(source=str(parsed)), source, settings)


def _planned(spec: JobSpec, source: PlanSource, settings: Settings) -> Plan:
    """Everything but what was asked of the source."""
    contents = source.contents
    writes = _writes(spec, source)
    problem, hint = _problem_of(spec, source, writes=writes)
    plan = Plan(
        spec=spec,
        path=source.path,
        source_name=source.full_name,
        contents=contents,
        result_name=spec.name or source.name + spec.recipe.suffix(),
        result_size_bytes=contents.size_bytes,
        result_bits_per_weight=contents.bits_per_weight,
        question=_question(spec, source),
    )
    if source.repository is not None:
        plan = _with_repository(plan, source.repository, settings)
    if contents.kind in _LANGUAGE_MODELS and contents.size_bytes:
        plan = _with_result(plan, settings)
    if problem:
        return replace(plan, problem=_named(source, problem), hint=hint)
    if plan.problem:
        return replace(plan, problem=_named(source, plan.problem))
    plan = replace(plan, hint=hint)
    if refusal := _refusal_of_upload(spec, settings):
        return replace(plan, problem=refusal.message, hint=refusal.hint)
    if writes:
        plan = _with_target(plan, settings)
    else:
        plan = replace(plan, result_name=source.full_name)
    plan = _with_disk(plan, settings)
    return replace(plan, steps=_steps(plan))


def _writes(spec: JobSpec, source: PlanSource) -> bool:
    """Whether a new model is made; else the files are used as they are."""
    if not spec.recipe.keeps_weights or spec.name:
        return True
    if source.repository is not None:
        return bool(spec.upload_to)
    return not source.is_in_library


def _with_repository(plan: Plan, repository: Repository, settings: Settings) -> Plan:
    from mlxtui.hub.access import cache_dir
    from mlxtui.hub.transfer import missing_bytes

    plan = replace(
        plan,
        address=repository.address,
        commit=repository.commit,
        license=repository.license,
    )
    if plan.contents.problem:
        return plan  # nothing of it is fetched
    folder = cache_dir(settings)
    files = needed_files(repository.files, plan.contents, plan.spec.allow_code)
    return replace(
        plan,
        files=files,
        fetch_bytes=missing_bytes(repository, files, folder),
        path=snapshot_folder(repository, files, folder),
    )


def _with_result(plan: Plan, settings: Settings) -> Plan:
    """With the size of the result, and the memory that it takes."""
    contents, recipe = plan.contents, plan.spec.recipe
    budget_bytes = None
    if tokens := recipe.fit_context_tokens:
        budget_bytes = weight_budget(contents, tokens, settings)
        problem, hint = _problem_of_fitting(contents, tokens, budget_bytes)
        plan = replace(plan, problem=problem, hint=hint)
    size_bytes, bits_per_weight = estimate(contents, recipe, budget_bytes)
    return replace(
        plan,
        result_size_bytes=size_bytes,
        result_bits_per_weight=bits_per_weight,
        memory=memory_needs(contents, size_bytes, settings),
    )


def _problem_of_fitting(
    contents: Contents, tokens: int, budget_bytes: int
) -> tuple[str, str]:
    """Why there is nothing to choose within a budget; empty where there is."""
    smallest_bytes, _bits = estimate(contents, _SMALLEST)
    if contents.size_bytes <= budget_bytes:
        return (
            _("It fits already, with a context of {tokens} tokens.").format(
                tokens=tokens
            ),
            _("Use it as it is."),
        )
    if budget_bytes < smallest_bytes:
        return (
            _(
                "Even at 2 bits it takes {size}; with a context of {tokens} tokens"
                " there is memory for {free}."
            ).format(
                size=bytes_text(smallest_bytes),
                tokens=tokens,
                free=bytes_text(budget_bytes),
            ),
            _("Choose a smaller model or a shorter context."),
        )
    return "", ""


def _refusal_of_upload(spec: JobSpec, settings: Settings) -> MlxTuiError | None:
    """Why the result cannot be sent, as far as that is known before it is made."""
    if not spec.upload_to:
        return None
    from mlxtui.hub.access import hub_access
    from mlxtui.hub.upload import check_upload

    try:
        check_upload(hub_access(settings), spec.upload_to)
    except MlxTuiError as refusal:
        return refusal
    return None


def _with_target(plan: Plan, settings: Settings) -> Plan:
    """With the folder of the result, or why its name cannot be."""
    known = [
        LocalModel(name=folder.name, path=folder.path, source=folder.source)
        for folder in named_folders(settings)
    ]
    try:
        name = names.check_new_name(plan.result_name, known)
    except InvalidParameter as refusal:
        return replace(plan, problem=refusal.message, hint=refusal.hint)
    target = settings.models_dir() / name
    if target.exists():
        return replace(
            plan,
            problem=_("{path} is there already.").format(path=target),
            hint=_("Choose another name, or remove that folder first."),
        )
    return replace(plan, result_name=name, result_path=target)


def _with_disk(plan: Plan, settings: Settings) -> Plan:
    """With what it takes of the disks, and a problem where they are too full."""
    writes: dict[Path, int] = {}
    if plan.address is not None:
        from mlxtui.hub.access import cache_dir

        writes[cache_dir(settings)] = plan.fetch_bytes
    if plan.result_path is not None:
        writes[settings.models_dir()] = plan.result_size_bytes
    need = disk_need(writes)
    return replace(
        plan,
        disk_needed_bytes=need.needed_bytes,
        disk_free_bytes=need.free_bytes,
        problem=plan.problem or need.problem,
        hint=plan.hint if plan.problem or not need.problem else need.hint,
    )


def _steps(plan: Plan) -> tuple[PlanStep, ...]:
    """What will be done, in order; all of it by one job."""
    spec, contents = plan.spec, plan.contents
    steps: list[PlanStep] = []
    if plan.address is not None and plan.path is None:
        total_bytes = sum(one.size_bytes for one in plan.files)
        steps.append(PlanStep(stage="download", size_bytes=plan.fetch_bytes))
        steps.append(PlanStep(stage="verify", size_bytes=total_bytes))
    if plan.result_path is not None:
        stage: Stage = "quantize" if spec.recipe.quantizes else "convert"
        steps.append(PlanStep(stage=stage, size_bytes=contents.size_bytes))
        if spec.recipe.quantizes and spec.recipe.measure:
            steps.append(PlanStep(stage="measure"))
    # What the user has already is sent as it is; what is new is tried first.
    is_new = plan.address is not None or plan.result_path is not None
    if is_new and contents.kind in _LANGUAGE_MODELS and not contents.code_file:
        steps.append(PlanStep(stage="try"))
    if spec.upload_to:
        steps.append(PlanStep(stage="upload", size_bytes=plan.result_size_bytes))
    return tuple(steps)


def _question(spec: JobSpec, source: PlanSource) -> str:
    """What is asked, by name, before program code is fetched."""
    contents = source.contents
    if not contents.code_file or spec.allow_code or contents.problem:
        return ""
    return _(
        "{name} wants to run program code of its own ({file}). mlxtui does not run it;"
        " fetch it all the same?"
    ).format(name=source.full_name, file=contents.code_file)


def _problem_of(spec: JobSpec, source: PlanSource, *, writes: bool) -> tuple[str, str]:
    """Why it cannot be done with what the source is; else what is to be known."""
    contents = source.contents
    if contents.problem:
        is_here = source.repository is None
        hints_of_folders = [_(hint) for hint in FETCH_HINTS]
        if is_here or contents.hint not in hints_of_folders:
            return contents.problem, contents.hint
        return contents.problem, _("Nothing was fetched. Choose another repository.")
    if not writes and source.is_in_library and not spec.upload_to:
        return (
            _("There is nothing to do: it is among your models as it is."),
            _("Choose bits or another type of weights."),
        )
    if not writes:
        return "", contents.hint
    if contents.code_file:
        return (
            _("It needs program code of its own ({file}), so it cannot be converted.")
            .format(file=contents.code_file),
            _("Fetch it as it is, or choose another model."),
        )  # fmt: skip
    if contents.kind == "embedder":
        return (
            _("It is an embedding model, which is used as it is."),
            _("Fetch it without converting it."),
        )
    if contents.kind == "adapter":
        return (
            _("It is an adapter, which is used as it is."),
            _("Quantize the model that it was made for."),
        )
    if spec.recipe.dequantize and not contents.is_packed:
        return (
            _("Its weights are not quantized, so there is nothing to unpack."),
            _("Choose another type of weights, or fetch it as it is."),
        )
    if spec.recipe.quantizes and contents.is_packed:
        return "", _(
            "Its weights are quantized already ({form}): quantized again, they lose"
            " more than from the 16-bit source."
        ).format(form=contents.quantization)
    return "", contents.hint


def _named(source: PlanSource, problem: str) -> str:
    """The problem with the name of what has it; a refusal of the hub has it already."""
    if source.full_name in problem or str(source.path) in problem:
        return problem
    return f"{source.full_name}: {problem}"
