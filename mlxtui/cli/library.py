"""`mlxtui list`: the models on this machine."""

import click

from mlxtui import settings
from mlxtui.backend.library_scan import disk_bytes, scan_library
from mlxtui.cli.lines import json_text, table_lines
from mlxtui.cli.model_facts import model_facts
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.plan_words import model_kind_text, source_text
from mlxtui.types import LocalModel
from mlxtui.units import bytes_text, count_text


@click.command("list", help=_("List the models on this machine."))
@click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts"))
def list_command(as_json: bool) -> None:
    """Print every model, those that cannot be used with the reason."""
    models = scan_library(settings.load())
    if as_json:
        rows = [{**model_facts(model), "loaded": False} for model in models]
        click.echo(json_text(rows))
        return
    header = (
        _("Model"), _("Kind"), _("Size"), _("Parameters"), _("Bits"), _("Context"),
        _("Source"),
    )  # fmt: skip
    for line in table_lines([header, *map(_cells, models)]):
        click.echo(line)
    for model in models:
        if model.problem:
            click.echo(f"\n✗ {one_line(model.name)}: {one_line(model.problem)}")
            click.echo(f"  {one_line(model.hint)}")
    click.echo("\n" + _("{size} in all").format(size=bytes_text(disk_bytes(models))))


def _cells(model: LocalModel) -> tuple[str, ...]:
    def text(value: float | None, form: str) -> str:
        return "–" if value is None else form

    return (
        ("✗ " if model.problem else "") + one_line(model.name),
        model_kind_text(model.kind),
        bytes_text(model.size_bytes),
        text(model.parameter_count, count_text(model.parameter_count or 0)),
        text(model.bits_per_weight, f"{model.bits_per_weight or 0:.1f}"),
        text(model.context_length, f"{model.context_length or 0}"),
        source_text(model.source),
    )
