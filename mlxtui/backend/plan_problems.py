"""Why a plan cannot be carried out, and what must be answered first."""

from mlxtui.backend.plan_gguf import problem_of_choice, problem_of_wishes
from mlxtui.backend.plan_source import PlanSource
from mlxtui.convert.estimate import estimate
from mlxtui.convert.refusals import FETCH_HINTS
from mlxtui.errors import MlxTuiError
from mlxtui.i18n import _
from mlxtui.plans import Contents, JobSpec
from mlxtui.recipes import Quantization, Recipe
from mlxtui.settings import Settings
from mlxtui.units import bytes_text

# The fewest bits that fitting to a machine chooses for a layer.
_SMALLEST = Recipe(quantization=Quantization(bits=2, group_size=64))


def problem_of(spec: JobSpec, source: PlanSource, *, writes: bool) -> tuple[str, str]:
    """Why it cannot be done with what the source is; else what is to be known."""
    contents = source.contents
    if contents.problem:
        is_here = source.repository is None
        hints_of_folders = [_(hint) for hint in FETCH_HINTS]
        if is_here or contents.hint not in hints_of_folders:
            return contents.problem, contents.hint
        return contents.problem, _("Nothing was fetched. Choose another repository.")
    for problem, hint in (
        problem_of_wishes(spec, contents),
        problem_of_choice(source),
    ):
        if problem:
            return problem, hint
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


def named(source: PlanSource, problem: str) -> str:
    """The problem with the name of what has it; a refusal of the hub has it already."""
    if source.full_name in problem or str(source.path) in problem:
        return problem
    return f"{source.full_name}: {problem}"


def question_of(spec: JobSpec, source: PlanSource) -> str:
    """What is asked, by name, before program code is fetched."""
    contents = source.contents
    if not contents.code_file or spec.allow_code or contents.problem:
        return ""
    return _(
        "{name} wants to run program code of its own ({file}). mlxtui does not run it;"
        " fetch it all the same?"
    ).format(name=source.full_name, file=contents.code_file)


def problem_of_fitting(
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


def refusal_of_upload(spec: JobSpec, settings: Settings) -> MlxTuiError | None:
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
