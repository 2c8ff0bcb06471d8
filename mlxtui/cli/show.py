"""`mlxtui show`: a model of this machine, or a repository before it is fetched."""

from dataclasses import asdict
from typing import Any

import click

from mlxtui import names, settings
from mlxtui.backend import keeping, library_gguf
from mlxtui.backend.library_scan import scan_library
from mlxtui.cli.completion import complete_model
from mlxtui.cli.lines import json_text, table_lines
from mlxtui.cli.model_facts import model_facts
from mlxtui.cli.plan_lines import plan_rows
from mlxtui.cli.start import as_path
from mlxtui.convert import model_folder
from mlxtui.errors import ModelNotFound
from mlxtui.gguf_words import origin_facts, origin_rows
from mlxtui.harmless import harmless, one_line
from mlxtui.hub.address import is_web_address, looks_like_address
from mlxtui.i18n import _
from mlxtui.plan_words import model_kind_text, recipe_text, source_text
from mlxtui.plans import Plan, Quality
from mlxtui.repositories import Repository
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.units import bytes_text, count_text


@click.command(
    "show",
    help=_(
        "Show what is known of a model, or of a repository that is not here yet"
        " (OWNER/NAME)."
    ),
)
@click.argument("name", shell_complete=complete_model)
@click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts"))
@click.option("--card", is_flag=True, help=_("Print a repository's model card, too"))
def show_command(name: str, as_json: bool, card: bool) -> None:
    """Print one model's facts."""
    used = settings.load()
    try:
        model = names.resolve(as_path(name), scan_library(used))
    except ModelNotFound:
        # A name with an owner may be one that was not fetched yet.
        if not (is_web_address(name) or looks_like_address(name)):
            raise
        _show_repository(name, used, as_json=as_json, card=card)
        return
    if model.source == "path":
        model = (
            library_gguf.describe_file(model.path)
            if model.kind == "gguf"
            else model_folder.describe(model.path, model.name, "path")
        )
    if as_json:
        click.echo(json_text(model_facts(model)))
        return
    for line in table_lines(_rows(model)):
        click.echo(line)
    if model.source != "path":
        _show_family(model, used)


def _show_repository(
    address: str, used: Settings, *, as_json: bool, card: bool
) -> None:
    from mlxtui.backend.planning import describe_repository

    repository, plan = describe_repository(address, used)
    if as_json:
        click.echo(json_text(_repository_facts(repository, plan)))
        return
    files = [
        (f"  {one_line(file.path)}", bytes_text(file.size_bytes))
        for file in repository.files
    ]
    licence = one_line(repository.license) or "–"
    if repository.is_gated:
        licence += " · " + _("gated")
    rows = [*plan_rows(plan), (_("Licence"), licence), (_("Files"), "")]
    for line in (*table_lines(rows), *table_lines([("", ""), *files])[1:]):
        click.echo(line)
    if plan.problem:
        click.echo(f"\n✗ {one_line(plan.problem)}")
        if plan.hint:
            click.echo(f"  {one_line(plan.hint)}")
    if card:
        click.echo("\n" + harmless(repository.card))


def _repository_facts(repository: Repository, plan: Plan) -> dict[str, Any]:
    contents = plan.contents
    return {
        "name": str(repository.address),
        "kind": contents.kind,
        "path": None,
        "architecture": contents.architecture,
        "parameter_count": contents.parameter_count,
        "bits_per_weight": contents.bits_per_weight,
        "quantization": contents.quantization,
        "size_bytes": contents.size_bytes,
        "context_length": contents.context_length,
        "capabilities": list(contents.capabilities),
        "source": "hub",
        "commit": repository.commit,
        "license": repository.license or None,
        "gated": repository.is_gated,
        "downloads": repository.downloads,
        "likes": repository.likes,
        "files": [asdict(file) for file in repository.files],
        "fetch_bytes": plan.fetch_bytes,
        "memory": [asdict(need) for need in plan.memory],
        "problem": plan.problem or None,
    }


def _rows(model: LocalModel) -> list[tuple[str, str]]:
    rows = [
        (_("Name"), one_line(model.name)),
        (_("Kind"), model_kind_text(model.kind)),
        (_("File") if model.kind == "gguf" else _("Folder"), one_line(str(model.path))),
        (_("Architecture"), one_line(model.architecture) or "–"),
        (_("Parameters"), _number(model.parameter_count, count_text)),
        (_("Quantization"), one_line(model.quantization) or "–"),
        (_("Bits per weight"), _number(model.bits_per_weight, "{:.2f}".format)),
        (_("Size"), bytes_text(model.size_bytes)),
        (_("Context"), _number(model.context_length, str)),
        (_("Capabilities"), ", ".join(model.capabilities) or "–"),
        (_("Source"), source_text(model.source)),
    ]
    if model.imported_as:
        rows.append((_("Imported as"), one_line(model.imported_as)))
    if model.commit:
        rows.append((_("Commit"), one_line(model.commit)))
    provenance = model.provenance
    if provenance is not None:
        commit = f"@{provenance.commit[:8]}" if provenance.commit else ""
        rows.append((_("Made from"), one_line(provenance.source + commit)))
        rows.append((_("Recipe"), recipe_text(provenance.recipe)))
        if provenance.gguf is not None:
            rows += origin_facts(provenance.gguf)
            rows += [("", "  ".join(row)) for row in origin_rows(provenance.gguf)]
        if provenance.kept_in_float:
            layers = ", ".join(map(one_line, provenance.kept_in_float))
            rows.append((_("Not packed"), layers))
        if provenance.reason:
            rows.append((_("Why"), one_line(provenance.reason)))
    if model.problem:
        rows.append((_("Problem"), one_line(model.problem)))
    return rows


def _show_family(model: LocalModel, used: Settings) -> None:
    """A table of all that was made from the same model, when there is more than one."""
    family = keeping.compare(model.name, used)
    if len(family) < 2:
        return
    header = (
        _("Model"), _("Size"), _("Bits"), _("Tokens/s"), _("Perplexity"), _("KL"),
    )  # fmt: skip
    click.echo()
    for line in table_lines([header, *map(_family_cells, family)]):
        click.echo(line)


def _family_cells(model: LocalModel) -> tuple[str, ...]:
    return (
        one_line(model.name),
        bytes_text(model.size_bytes),
        _number(model.bits_per_weight, "{:.2f}".format),
        *_quality_cells(model.provenance.quality if model.provenance else None),
    )


def _quality_cells(quality: Quality | None) -> tuple[str, str, str]:
    if quality is None:
        return "–", "–", "–"
    return (
        _number(quality.generation_tokens_per_second, "{:.1f}".format),
        _number(quality.perplexity, "{:.2f}".format),
        _number(quality.mean_kl_divergence, "{:.4f}".format),
    )


def _number(value: float | None, text: Any) -> str:
    return "–" if value is None else str(text(value))
