"""`mlxtui list`: the models on this machine."""

from collections.abc import Sequence

import click

from mlxtui import settings
from mlxtui.backend.library_scan import disk_bytes, scan_library
from mlxtui.backend.ownership import OTHER_PROGRAMS
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
            # Those of GGUF files begin with the name, for errors of other commands.
            name, problem = one_line(model.name), one_line(model.problem)
            click.echo(f"\n✗ {name}: {problem.removeprefix(f'{name}: ')}")
            click.echo(f"  {one_line(model.hint)}")
    click.echo("\n" + _size_text(models))


def _size_text(models: Sequence[LocalModel]) -> str:
    """What is ours on the disk, and what other programs have."""
    others_bytes = sum(
        model.size_bytes for model in models if model.source in OTHER_PROGRAMS
    )
    size = bytes_text(disk_bytes(models))
    if not others_bytes:
        return _("{size} in all").format(size=size)
    return _("{size} in all, and {others} of other programs").format(
        size=size, others=bytes_text(others_bytes)
    )


def _kind_text(model: LocalModel) -> str:
    """What it is, and of a GGUF file what was made of it."""
    kind = model_kind_text(model.kind)
    return f"{kind} → {one_line(model.imported_as)}" if model.imported_as else kind


def _cells(model: LocalModel) -> tuple[str, ...]:
    def text(value: float | None, form: str) -> str:
        return "–" if value is None else form

    return (
        ("✗ " if model.problem else "") + one_line(model.name),
        _kind_text(model),
        bytes_text(model.size_bytes),
        text(model.parameter_count, count_text(model.parameter_count or 0)),
        text(model.bits_per_weight, f"{model.bits_per_weight or 0:.1f}"),
        text(model.context_length, f"{model.context_length or 0}"),
        source_text(model.source),
    )
