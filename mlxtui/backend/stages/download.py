"""Fetching a repository's files; what is fetched once stays."""

from typing import TYPE_CHECKING, Any

from mlxtui.backend.job import JobInterrupted
from mlxtui.backend.job_info import FileProgress
from mlxtui.backend.workplace import Workplace

if TYPE_CHECKING:
    from mlxtui.hub.transfer import TransferProgress


def download(place: Workplace) -> dict[str, Any]:
    """Fetch what the plan names, beside at most two other transfers.

    A pause or a cancel ends the transfer within half a second; its parts stay on the
    disk, and the next one goes on with them.

    Raises:
        JobInterrupted: The job shall not go on.
        HubError: The hub does not give the files.
    """
    from mlxtui.hub.access import cache_dir, hub_access
    from mlxtui.hub.transfer import TransferCancelled, TransferControl, fetch

    job = place.job
    repository = job.record.repository
    control = TransferControl()

    def report(progress: "TransferProgress") -> None:
        files = tuple(
            FileProgress(path=path, done_bytes=done, total_bytes=total)
            for path, done, total in progress.files
        )
        job.report(
            progress.done_bytes, progress.total_bytes, note=progress.note, files=files
        )

    with place.transfer_turn(), job.interrupting(control.cancel):
        try:
            snapshot = fetch(
                hub_access(place.settings),
                repository,
                repository.files,
                cache_dir(place.settings),
                control=control,
                on_progress=report,
            )
        except TransferCancelled:
            raise JobInterrupted from None
    return {"source_path": snapshot, "files": ()}
