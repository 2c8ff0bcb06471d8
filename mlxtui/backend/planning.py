"""What a job will do, found out before anything is done: files, room, steps, result."""

from dataclasses import replace
from pathlib import Path

from mlxtui import names
from mlxtui.backend.library_names import named_folders
from mlxtui.backend.plan_disk import disk_need
from mlxtui.backend.plan_gguf import (
    form_of_spec,
    made_before,
    problem_of_choice,
    with_fits,
)
from mlxtui.backend.plan_memory import memory_needs, weight_budget
from mlxtui.backend.plan_problems import (
    named,
    problem_of,
    problem_of_fitting,
    question_of,
    refusal_of_upload,
)
from mlxtui.backend.plan_source import (
    PlanSource,
    snapshot_folder,
    source_of,
    source_of_repository,
)
from mlxtui.convert.estimate import estimate
from mlxtui.convert.needed_files import needed_files
from mlxtui.errors import InvalidParameter
from mlxtui.hub.library import Folder
from mlxtui.i18n import _
from mlxtui.plans import Contents, JobSpec, Plan, PlanStep, Stage
from mlxtui.repositories import Repository
from mlxtui.settings import Settings
from mlxtui.types import LocalModel

_LANGUAGE_MODELS = ("mlx", "safetensors", "gguf")


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
    if source.contents.gguf:
        source = replace(source, contents=with_fits(source.contents, settings))
    contents = source.contents
    writes = _writes(spec, source)
    problem, hint = problem_of(spec, source, writes=writes)
    plan = Plan(
        spec=spec,
        path=source.path,
        source_name=source.full_name,
        contents=contents,
        question=question_of(spec, source),
    )
    if source.repository is not None:
        plan = _with_repository(plan, source, source.repository, settings)
    if not contents.problem:
        plan = _with_result(plan, source, settings)
    if problem:
        return replace(plan, problem=named(source, problem), hint=hint)
    if plan.problem:
        return replace(plan, problem=named(source, plan.problem))
    plan = replace(plan, hint=hint)
    if refusal := refusal_of_upload(spec, settings):
        return replace(plan, problem=refusal.message, hint=refusal.hint)
    if found := made_before(spec, source, settings):
        return _with_made_before(plan, found)
    if writes:
        plan = _with_target(plan, settings)
    else:
        plan = replace(plan, result_name=source.full_name)
    plan = _with_disk(plan, settings)
    return replace(plan, steps=_steps(plan))


def _suffix(spec: JobSpec, contents: Contents) -> str:
    """What the result's name ends in, unless the user says another."""
    if contents.kind == "gguf" and spec.recipe.keeps_weights:
        return "-exact" if spec.gguf_mode == "exact" else ""
    return spec.recipe.suffix()


def _with_made_before(plan: Plan, found: Folder) -> Plan:
    """What was imported before is used as it is, and sent where that is wanted."""
    steps: tuple[PlanStep, ...] = ()
    if plan.spec.upload_to:
        steps = (PlanStep(stage="upload", size_bytes=plan.result_size_bytes),)
    return replace(
        plan,
        files=(),
        fetch_bytes=0,
        steps=steps,
        result_name=found.name,
        result_path=found.path,
        hint=_("It was imported already: {name}").format(name=found.name),
    )


def _writes(spec: JobSpec, source: PlanSource) -> bool:
    """Whether a new model is made; else the files are used as they are."""
    if source.contents.kind == "gguf":
        return True
    if not spec.recipe.keeps_weights or spec.name:
        return True
    if source.repository is not None:
        return bool(spec.upload_to)
    return not source.is_in_library


def _with_repository(
    plan: Plan, source: PlanSource, repository: Repository, settings: Settings
) -> Plan:
    from mlxtui.hub.access import cache_dir
    from mlxtui.hub.transfer import missing_bytes

    plan = replace(
        plan,
        address=repository.address,
        commit=repository.commit,
        license=repository.license,
    )
    if plan.contents.problem or problem_of_choice(source)[0]:
        return plan  # nothing of it is fetched
    folder = cache_dir(settings)
    files = needed_files(repository.files, plan.contents, plan.spec.allow_code)
    return replace(
        plan,
        files=files,
        fetch_bytes=missing_bytes(repository, files, folder),
        path=snapshot_folder(repository, files, folder),
    )


def _with_result(plan: Plan, source: PlanSource, settings: Settings) -> Plan:
    """With the result's name and size, and the memory that it takes."""
    contents, recipe = plan.contents, plan.spec.recipe
    plan = replace(
        plan,
        result_name=plan.spec.name or source.name + _suffix(plan.spec, contents),
        result_size_bytes=contents.size_bytes,
        result_bits_per_weight=contents.bits_per_weight,
    )
    if contents.kind not in _LANGUAGE_MODELS or not contents.size_bytes:
        return plan
    budget_bytes = None
    if tokens := recipe.fit_context_tokens:
        budget_bytes = weight_budget(contents, tokens, settings)
        problem, hint = problem_of_fitting(contents, tokens, budget_bytes)
        plan = replace(plan, problem=problem, hint=hint)
    size_bytes, bits_per_weight = estimate(contents, recipe, budget_bytes)
    form = form_of_spec(contents, plan.spec)
    if form is not None and recipe.keeps_weights:
        size_bytes, bits_per_weight = form.size_bytes, form.bits_per_weight
    return replace(
        plan,
        result_size_bytes=size_bytes,
        result_bits_per_weight=bits_per_weight,
        memory=memory_needs(contents, size_bytes, settings),
    )


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
        form = form_of_spec(plan.contents, plan.spec)
        if form is not None and not plan.spec.recipe.keeps_weights:
            writes[settings.models_dir()] += form.size_bytes  # until it is packed
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
    if contents.kind == "gguf":
        steps.append(PlanStep(stage="import", size_bytes=contents.size_bytes))
    if plan.result_path is not None and not (
        contents.kind == "gguf" and spec.recipe.keeps_weights
    ):
        stage: Stage = "quantize" if spec.recipe.quantizes else "convert"
        form = form_of_spec(contents, spec)
        size_bytes = form.size_bytes if form is not None else contents.size_bytes
        steps.append(PlanStep(stage=stage, size_bytes=size_bytes))
        if spec.recipe.quantizes and spec.recipe.measure:
            steps.append(PlanStep(stage="measure"))
    # What the user has already is sent as it is; what is new is tried first.
    is_new = plan.address is not None or plan.result_path is not None
    if is_new and contents.kind in _LANGUAGE_MODELS and not contents.code_file:
        steps.append(PlanStep(stage="try"))
    if spec.upload_to:
        steps.append(PlanStep(stage="upload", size_bytes=plan.result_size_bytes))
    return tuple(steps)
