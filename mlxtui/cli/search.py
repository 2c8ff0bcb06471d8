"""`mlxtui search`: models on Hugging Face, and those that are recommended."""

from dataclasses import asdict
from typing import Any, get_args

import click

from mlxtui import settings
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.job_commands import ListRecommended, SearchHub
from mlxtui.backend.job_events import HubSearched, RecommendedListed
from mlxtui.cli.lines import json_text, table_lines
from mlxtui.cli.session import Session, open_session
from mlxtui.cli.start import log_to_file
from mlxtui.harmless import one_line
from mlxtui.i18n import _, current_language
from mlxtui.plan_words import FIT_MARKS, fit_text, repository_kind_text
from mlxtui.plans import Fit
from mlxtui.repositories import (
    FoundRepository,
    Recommendation,
    SearchOrder,
    SearchQuery,
)
from mlxtui.units import bytes_text, count_text

_KINDS = ("text", "embedding", "vision", "adapter")
_FORMATS = ("mlx", "gguf", "safetensors")


@click.command(
    "search",
    help=_(
        "Search Hugging Face for models. Without words, list those that are recommended"
        " for this machine."
    ),
)
@click.argument("words", nargs=-1)
@click.option("--kind", type=click.Choice(_KINDS), help=_("What the model is for"))
@click.option("--format", "weight_format", type=click.Choice(_FORMATS),
              help=_("How its weights are stored"))  # fmt: skip
@click.option("--sort", type=click.Choice(get_args(SearchOrder)),
              help=_("What comes first; downloads unless said"))  # fmt: skip
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True,
              help=_("How many at the most"))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts"))
def search_command(
    words: tuple[str, ...],
    kind: Any,
    weight_format: Any,
    sort: Any,
    limit: int,
    as_json: bool,
) -> None:
    """Print what is found, the best first."""
    log_to_file()
    with open_session(settings.load()) as session:
        if not words and kind is weight_format is sort is None:
            _print_recommended(session, limit, as_json=as_json)
            return
        query = SearchQuery(
            words=" ".join(words),
            kind=kind,
            weight_format=weight_format,
            order=sort or "downloads",
        )
        found = _search(session, query, limit)
    if as_json:
        click.echo(json_text([_facts(repository) for repository in found]))
        return
    if not found:
        click.echo(_("Nothing on Hugging Face has this."), err=True)
        return
    header = (
        _("Model"), _("Kind"), _("Parameters"), _("Size"), _("Downloads"), _("Likes"),
        _("Updated"),
    )  # fmt: skip
    for line in table_lines([header, *map(_cells, found)]):
        click.echo(line)


def _search(session: Session, query: SearchQuery, limit: int) -> list[FoundRepository]:
    found: list[FoundRepository] = []
    page = ""
    while len(found) < limit:
        command = SearchHub(request_id=new_request_id(), query=query, page=page)
        answer = session.ask(command, HubSearched).page
        found += answer.found
        page = answer.next_page
        if not page:
            break
    return found[:limit]


def _facts(repository: FoundRepository) -> dict[str, Any]:
    updated = repository.updated
    return {
        **asdict(repository),
        "updated": updated.isoformat() if updated else None,
    }


def _cells(repository: FoundRepository) -> tuple[str, ...]:
    count, size = repository.parameter_count, repository.size_bytes
    return (
        one_line(repository.repo_id) + (" 🔒" if repository.is_gated else ""),
        repository_kind_text(repository.kind),
        count_text(count) if count else "–",
        bytes_text(size) if size else "–",
        count_text(repository.downloads),
        count_text(repository.likes),
        f"{repository.updated:%Y-%m-%d}" if repository.updated else "–",
    )


def _print_recommended(session: Session, limit: int, *, as_json: bool) -> None:
    command = ListRecommended(request_id=new_request_id())
    listed = session.ask(command, RecommendedListed).recommended[:limit]
    if as_json:
        facts = [{**asdict(one), "fit": fit} for one, fit in listed]
        click.echo(json_text(facts))
        return
    header = (_("Model"), _("Parameters"), _("Size"), _("Memory"), _("Note"))
    rows = [_recommended_cells(one, fit) for one, fit in listed]
    for line in table_lines([header, *rows]):
        click.echo(line)


def _recommended_cells(one: Recommendation, fit: Fit) -> tuple[str, ...]:
    note = one.note_ja if current_language() == "ja" else one.note_en
    return (
        one_line(one.repo_id),
        count_text(one.parameter_count),
        bytes_text(one.size_bytes),
        f"{FIT_MARKS[fit]} {fit_text(fit)}",
        one_line(note),
    )
