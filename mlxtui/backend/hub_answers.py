"""Commands that ask the hub; none is waited for longer than somebody wants it."""

import threading
from collections.abc import Callable
from typing import TypeVar

from mlxtui.backend.beside import beside
from mlxtui.backend.job_commands import (
    DescribeRepository,
    ListRecommended,
    MakePlan,
    SearchHub,
)
from mlxtui.backend.job_events import (
    HubSearched,
    PlanMade,
    RecommendedListed,
    RepositoryDescribed,
)
from mlxtui.plans import Fit, fit_of
from mlxtui.repositories import Recommendation
from mlxtui.settings import Settings

Result = TypeVar("Result")

_FIT_ORDER: tuple[Fit, ...] = ("fits", "tight", "too-big")


def search_hub(
    command: SearchHub, settings: Settings, cancel: threading.Event
) -> HubSearched:
    """A part of a search's result.

    Raises:
        HubError: The hub does not answer.
    """
    from mlxtui.hub.access import hub_access
    from mlxtui.hub.search import search

    page = _wanted(
        lambda: search(hub_access(settings), command.query, command.page), cancel
    )
    return HubSearched(request_id=command.request_id, page=page)


def describe_repository(
    command: DescribeRepository, settings: Settings, cancel: threading.Event
) -> RepositoryDescribed:
    """A repository, and the plan of fetching it as it is.

    Raises:
        InvalidParameter: The address is none.
        HubError: The hub does not answer, or does not have it.
    """
    from mlxtui.backend import planning

    repository, plan = _wanted(
        lambda: planning.describe_repository(command.address, settings), cancel
    )
    return RepositoryDescribed(
        request_id=command.request_id, repository=repository, plan=plan
    )


def make_plan(
    command: MakePlan, settings: Settings, cancel: threading.Event
) -> PlanMade:
    """What a job would do, or why it cannot.

    Raises:
        MlxTuiError: Not even that can be told.
    """
    from mlxtui.backend import planning

    plan = _wanted(lambda: planning.make_plan(command.spec, settings), cancel)
    return PlanMade(request_id=command.request_id, plan=plan)


def list_recommended(command: ListRecommended, settings: Settings) -> RecommendedListed:
    """The recommended models: those that fit, the largest first, then the others.

    Raises:
        MlxTuiError: The user's own list is damaged.
    """
    from mlxtui.backend.plan_memory import memory_for_models
    from mlxtui.hub.recommended import recommended
    from mlxtui.inference import machine_memory

    free_bytes, total_bytes = memory_for_models(settings)

    def with_fit(model: Recommendation) -> tuple[Recommendation, Fit]:
        needed_bytes = machine_memory.needed_bytes(model.size_bytes, model.cache_bytes)
        return model, fit_of(needed_bytes, free_bytes, total_bytes)

    def rank(entry: tuple[Recommendation, Fit]) -> tuple[int, int]:
        model, fit = entry
        smaller_first = 1 if fit == "too-big" else -1
        return _FIT_ORDER.index(fit), smaller_first * model.size_bytes

    entries = sorted(map(with_fit, recommended()), key=rank)
    return RecommendedListed(request_id=command.request_id, recommended=tuple(entries))


def _wanted(function: Callable[[], Result], cancel: threading.Event) -> Result:
    return beside(function, lambda: not cancel.is_set())
