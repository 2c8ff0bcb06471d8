"""Sending a result to the hub."""

import threading
from typing import Any

from mlxtui.backend.job import JobInterrupted
from mlxtui.backend.workplace import Workplace
from mlxtui.i18n import _


def upload(place: Workplace) -> dict[str, Any]:
    """Make the repository that the user named, and send the folder to it.

    Raises:
        JobInterrupted: The job shall not go on; the next time only what the hub does
            not have is sent.
        HubError: The hub does not take it.
    """
    from mlxtui.hub import upload as hub_upload
    from mlxtui.hub.access import hub_access
    from mlxtui.hub.transfer import TransferCancelled

    job = place.job
    folder = job.record.result_path
    assert folder is not None
    is_stopped = threading.Event()

    def report(done_bytes: int, total_bytes: int) -> None:
        if not is_stopped.is_set():
            job.report(done_bytes, total_bytes)

    def send() -> str:
        return hub_upload.upload(
            hub_access(place.settings),
            folder,
            job.record.spec.upload_to,
            on_progress=report,
            is_cancelled=is_stopped.is_set,
        )

    with place.transfer_turn(), job.interrupting(is_stopped.set):
        try:
            # While the hub thinks about a commit, nothing can stop it.
            address = place.beside(send)
        except TransferCancelled:
            raise JobInterrupted from None
    job.log(_("Sent to {address}").format(address=address))
    return {}
