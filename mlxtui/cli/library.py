"""`mlxtui list` and `mlxtui show`: the models on this machine."""

import json
from collections.abc import Sequence
from typing import Any

import click
from rich.cells import cell_len

from mlxtui import names, settings
from mlxtui.backend.library_scan import scan_library
from mlxtui.cli.completion import complete_model
from mlxtui.convert import model_folder
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.types import LocalModel, Source
from mlxtui.units import bytes_text, count_text


@click.command("list", help=_("List the models on this machine."))
@click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts"))
def list_command(as_json: bool) -> None:
    """Print every model, those that cannot be used with the reason."""
    models = scan_library(settings.load())
    if as_json:
        rows = [{**model_facts(model), "loaded": False} for model in models]
        click.echo(_as_json(rows))
        return
    header = (
        _("Model"), _("Size"), _("Parameters"), _("Bits"), _("Context"), _("Source")
    )  # fmt: skip
    for line in table_lines([header, *map(_cells, models)]):
        click.echo(line)
    for model in models:
        if model.problem:
            click.echo(f"\n✗ {one_line(model.name)}: {one_line(model.problem)}")
            click.echo(f"  {one_line(model.hint)}")


@click.command("show", help=_("Show what is known of a model."))
@click.argument("name", shell_complete=complete_model)
@click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts"))
def show_command(name: str, as_json: bool) -> None:
    """Print one model's facts."""
    model = names.resolve(name, scan_library(settings.load()))
    if model.source == "path":
        model = model_folder.describe(model.path, model.name, "path")
    facts = model_facts(model)
    if as_json:
        click.echo(_as_json(facts))
        return
    labels = _labels()
    rows = [
        (labels[key], _plain(key, value))
        for key, value in facts.items()
        if key != "problem" or value
    ]
    for line in table_lines(rows):
        click.echo(line)


def model_facts(model: LocalModel) -> dict[str, Any]:
    """The facts of `show --json`, whose names scripts rely on."""
    return {
        "name": model.name,
        "kind": "model",
        "path": str(model.path),
        "architecture": model.architecture,
        "parameter_count": model.parameter_count,
        "bits_per_weight": model.bits_per_weight,
        "size_bytes": model.size_bytes,
        "context_length": model.context_length,
        "capabilities": list(model.capabilities),
        "source": model.source,
        "problem": model.problem or None,
    }


def _as_json(value: Any) -> str:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    # Names that are no text hold half characters; this writes them as JSON does.
    return text.encode("utf-8", "backslashreplace").decode()


def table_lines(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as lines with aligned columns, Japanese counted as it is drawn."""
    widths = [max(cell_len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(
            cell + " " * (width - cell_len(cell))
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _cells(model: LocalModel) -> tuple[str, ...]:
    def text(value: float | None, form: str) -> str:
        return "–" if value is None else form

    return (
        ("✗ " if model.problem else "") + one_line(model.name),
        bytes_text(model.size_bytes),
        text(model.parameter_count, count_text(model.parameter_count or 0)),
        text(model.bits_per_weight, f"{model.bits_per_weight or 0:.1f}"),
        text(model.context_length, f"{model.context_length or 0}"),
        _source_text(model.source),
    )


def _labels() -> dict[str, str]:
    return {
        "name": _("Name"),
        "kind": _("Kind"),
        "path": _("Folder"),
        "architecture": _("Architecture"),
        "parameter_count": _("Parameters"),
        "bits_per_weight": _("Bits per weight"),
        "size_bytes": _("Size"),
        "context_length": _("Context"),
        "capabilities": _("Capabilities"),
        "source": _("Source"),
        "problem": _("Problem"),
    }


def _source_text(source: Source) -> str:
    return {
        "built-in": _("built-in"),
        "models": _("models folder"),
        "hugging-face": "Hugging Face",
        "extra": _("extra folder"),
        "path": _("path"),
    }[source]


def _plain(key: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if key == "source":
        return _source_text(value)
    if key == "kind":
        return _("model")
    if key == "size_bytes":
        return bytes_text(value)
    if key == "parameter_count":
        return count_text(value)
    if key == "bits_per_weight":
        return f"{value:.2f}"
    if isinstance(value, list):
        return ", ".join(value) or "–"
    return one_line(str(value))
