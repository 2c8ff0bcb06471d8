"""`mlxtui pull`, `convert` and `quantize`: a plan, a question, a job to watch."""

import json
from dataclasses import replace
from typing import Any

import click

from mlxtui import names, paths, settings
from mlxtui.backend.job_info import JobInfo
from mlxtui.backend.library_scan import scan_library
from mlxtui.cli.completion import complete_model
from mlxtui.cli.job_run import (
    ask_for_plan,
    made_model,
    make_plan,
    run_job,
    show_plan,
)
from mlxtui.cli.questions import confirm
from mlxtui.cli.recipe_options import (
    gguf_options,
    packing_options,
    quantize_option,
    recipe_from,
)
from mlxtui.cli.session import open_session
from mlxtui.cli.start import as_path, log_to_file
from mlxtui.errors import InvalidParameter, MlxTuiError
from mlxtui.gguf_words import is_imported
from mlxtui.harmless import one_line
from mlxtui.hub.address import parse_address
from mlxtui.i18n import _
from mlxtui.plans import JobSpec, Plan
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.units import bytes_text


def _job_options(command: Any) -> Any:
    for option in (
        click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts")),
        click.option("--yes", "-y", is_flag=True, help=_("Do not ask")),
        click.option("--name", default="", help=_("Name of the result")),
    ):
        command = option(command)
    return command


@click.command("pull", help=_("Fetch a model from Hugging Face."))
@click.argument("repository")
@gguf_options
@click.option(
    "--allow-code", is_flag=True, help=_("Fetch program code of the model, too")
)
@quantize_option
@packing_options
@_job_options
def pull_command(repository: str, **options: Any) -> int:
    """Fetch a repository, and quantize it where that is asked for."""
    if names.looks_like_path(repository):
        raise InvalidParameter(
            _("{path} is a folder, which needs no fetching.").format(path=repository),
            hint=_("`mlxtui convert` takes a folder."),
        )
    return _make(repository, options)


@click.command(
    "convert", help=_("Make an MLX model of a GGUF file, a folder or a repository.")
)
@click.argument(
    "source", metavar=_("PATH-OR-REPOSITORY"), shell_complete=complete_model
)
@gguf_options
@click.option(
    "--allow-code", is_flag=True, help=_("Fetch program code of the model, too")
)
@click.option(
    "--upload", "upload_to", default="", metavar=_("OWNER/NAME"),
    help=_("Send the result to Hugging Face"),
)  # fmt: skip
@quantize_option
@packing_options
@_job_options
def convert_command(source: str, **options: Any) -> int:
    """Convert, and quantize or upload where that is asked for."""
    source = _local_source(source)
    is_folder = names.looks_like_path(source)
    folder_name = ""
    if not (is_folder or options["name"]) and recipe_from(options).keeps_weights:
        # A repository as it is would be fetched only; here a folder is wanted.
        folder_name = parse_address(source).repo_id.rpartition("/")[2]
    return _make(source, options, folder_name=folder_name)


@click.command("quantize", help=_("Store a model's weights in fewer bits."))
@click.argument("name", metavar=_("MODEL"), shell_complete=complete_model)
@click.option("--bits", type=int, help=_("Bits per weight: 2, 3, 4, 5, 6 or 8"))
@click.option("--dequantize", is_flag=True, help=_("Back to 16 bits instead"))
@packing_options
@click.option("--name", "new_name", default="", help=_("Name of the result"))
@click.option("--yes", "-y", is_flag=True, help=_("Do not ask"))
@click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts"))
def quantize_command(name: str, bits: int | None, **options: Any) -> int:
    """Quantize a model of this machine; 4 bits unless something else is asked for."""
    asked = any(options[key] for key in ("mode", "mixed", "fit_context", "dequantize"))
    options["name"] = options.pop("new_name")
    if bits is None and not asked:
        bits = 4
    return _make(_local_source(name), options, bits)


def _local_source(name: str) -> str:
    """A model or file of this machine as a path; a repository stays as it is."""
    name = as_path(name)
    if names.looks_like_path(name):
        return str(paths.expand(name))
    try:
        return str(names.resolve(name, scan_library(settings.load())).path)
    except MlxTuiError:
        if "/" in name:
            return name  # the plan says whether the hub has it
        raise


def _make(
    source: str,
    options: dict[str, Any],
    bits: int | None = None,
    *,
    folder_name: str = "",
) -> int:
    """Plan, ask, and do it.

    Args:
        folder_name: Name of the result where a folder is wanted of a repository that
            would only be fetched as it is.
    """
    spec = JobSpec(
        source=source,
        name=options["name"] or folder_name,
        recipe=recipe_from(options, bits),
        file=options.get("file", ""),
        gguf_mode="exact" if options.get("exact") else "faithful",
        chat_template=options.get("template", ""),
        upload_to=options.get("upload_to", ""),
        allow_code=bool(options.get("allow_code")),
    )
    used = settings.load()
    as_json = bool(options["as_json"])
    log_to_file()
    with open_session(used) as session:
        if folder_name:
            contents = ask_for_plan(session, spec).contents
            if contents.kind == "gguf":  # which is called after its file
                spec = replace(spec, name="")
        plan = make_plan(session, spec, as_json=as_json)
        if not as_json:
            show_plan(plan)
        if not (options["yes"] or is_imported(plan)):
            confirm(_question(plan), default=not plan.spec.upload_to)
        job = run_job(session, plan.spec, as_json=as_json)
    _show_result(job, used, as_json=as_json)
    return 0


def _question(plan: Plan) -> str:
    if plan.spec.upload_to:
        return _("Do this, and send the result to {repository}?").format(
            repository=one_line(plan.spec.upload_to)
        )
    return _("Do this?")


def _show_result(job: JobInfo, used: Settings, *, as_json: bool) -> None:
    model = made_model(job, used)
    if as_json:
        click.echo(json.dumps(_result(model), ensure_ascii=False))
        return
    text = _("{name} is ready: {size}.")
    if model.kind == "model" and not model.problem:
        text = _("{name} is ready: {size}. `mlxtui run {name}` talks to it.")
    name, size = one_line(model.name), bytes_text(model.size_bytes)
    click.echo(text.format(name=name, size=size), err=True)
    if model.provenance is not None and model.provenance.reason:
        click.echo(one_line(model.provenance.reason), err=True)
    if job.spec.upload_to:
        sent = _("It was sent to {repository}.").format(repository=job.spec.upload_to)
        click.echo(one_line(sent), err=True)


def _result(model: LocalModel) -> dict[str, Any]:
    """The last line of `--json`, whose names scripts rely on."""
    provenance = model.provenance
    quality = provenance.quality if provenance else None
    return {
        "name": model.name,
        "path": str(model.path),
        "size_bytes": model.size_bytes,
        "bits_per_weight": model.bits_per_weight,
        "kept_in_float": list(provenance.kept_in_float) if provenance else [],
        "perplexity": quality.perplexity if quality else None,
        "source_perplexity": quality.source_perplexity if quality else None,
        "mean_kl_divergence": quality.mean_kl_divergence if quality else None,
    }
