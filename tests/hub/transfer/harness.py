"""A repository on the local hub, as the transfer is told of it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mlxtui.hub.access import HubAccess
from mlxtui.hub.transfer import (
    TransferCancelled,
    TransferControl,
    TransferLimits,
    TransferProgress,
    fetch,
)
from mlxtui.repositories import RemoteFile, Repository, RepositoryAddress
from tests.hub_server import Given, HubServer

REPO_ID = "maker/model"

USUAL = TransferLimits()

QUICK = TransferLimits(
    stall_seconds=0.4,
    connect_seconds=2,
    first_wait_seconds=0.02,
    longest_wait_seconds=0.1,
    least_span_bytes=256 * 1024,
)
"""Limits that a test can wait for."""

ALONE = replace(QUICK, connections=1, least_span_bytes=64 * 1024 * 1024)
"""One connection, which asks for a whole file at once: everything comes in order."""


def add(
    hub: HubServer, files: Mapping[str, Given], repo_id: str = REPO_ID, **about: object
) -> Repository:
    """Put files on the hub; what `describe` would say of them."""
    hub.add(repo_id, files, **about)
    return look(hub, repo_id)


def look(hub: HubServer, repo_id: str = REPO_ID, revision: str = "main") -> Repository:
    """What the hub says of a repository now."""
    there = hub.repository(repo_id)
    commit = there.resolve(revision)
    assert commit is not None
    return Repository(
        address=RepositoryAddress(repo_id=repo_id, revision=revision),
        commit=commit,
        kind="text",
        weight_formats=(),
        files=tuple(
            RemoteFile(
                path=path,
                size_bytes=file.size_bytes,
                sha256=file.sha256 if file.is_lfs else "",
                blob_id="" if file.is_lfs else file.blob_id,
            )
            for path, file in sorted(there.commits[commit].items())
        ),
    )


class Pull:
    """Fetches, and keeps what was reported."""

    def __init__(
        self,
        hub: HubServer,
        repository: Repository,
        cache_dir: Path,
        limits: TransferLimits = QUICK,
        token: str = "",
    ) -> None:
        self.access = HubAccess(hub.endpoint, token=token)
        self.repository = repository
        self.cache_dir = cache_dir
        self.limits = limits
        self.control = TransferControl()
        self.reports: list[TransferProgress] = []
        self.cancel_when: Callable[[TransferProgress], bool] = lambda progress: False
        self.cancelled_at = 0.0

    @property
    def notes(self) -> set[str]:
        """Everything that it said beside its numbers."""
        return {report.note for report in self.reports if report.note}

    def run(self) -> Path:
        """Fetch all files of the repository."""
        return fetch(
            self.access,
            self.repository,
            self.repository.files,
            self.cache_dir,
            control=self.control,
            on_progress=self.on_progress,
            limits=self.limits,
        )

    def on_progress(self, progress: TransferProgress) -> None:
        """Keep a report; cancel when it is time."""
        self.reports.append(progress)
        if self.cancel_when(progress):
            self.cancelled_at = time.monotonic()
            self.control.cancel()

    def run_until_cancelled(self) -> float:
        """Fetch until `cancel_when` says so; the seconds from there to the end."""
        with pytest.raises(TransferCancelled):
            self.run()
        return time.monotonic() - self.cancelled_at


def content_of(hub: HubServer, path: str, repo_id: str = REPO_ID) -> bytes:
    """What the hub has under a path now."""
    there = hub.repository(repo_id)
    return there.files[path].all_bytes()
