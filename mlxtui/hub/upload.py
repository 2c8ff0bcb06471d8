"""Sending a model's folder to the hub, as a repository of one's own."""

import io
import logging
import threading
import warnings
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlxtui.errors import AccessDenied, HubError, JobRefused
from mlxtui.hub.access import HubAccess, without_login
from mlxtui.hub.address import parse_address
from mlxtui.hub.asking import CONNECT_SECONDS, READ_SECONDS
from mlxtui.hub.failures import failure_of
from mlxtui.hub.transfer.control import TransferCancelled
from mlxtui.i18n import _
from mlxtui.repositories import RepositoryAddress

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub import CommitOperationAdd

# What is ours alone: hidden files, and the note of where the model came from.
_NOT_SENT = [".*", "**/.*", "mlxtui.json", "*.tmp"]

# The hub takes its time over a commit of many files.
_ANSWER_SECONDS = 60.0


def upload(
    access: HubAccess,
    folder: Path,
    repo_id: str,
    *,
    on_progress: Callable[[int, int], None],
    is_cancelled: Callable[[], bool],
) -> str:
    """Make the repository, if it is not there, and send the folder as one commit.

    Nothing of it is seen by others before the last byte is there. Sent again, it sends
    only what the hub does not have.

    Args:
        folder: With its model card as README.md.
        repo_id: `owner/name`; of an owner for whom the token may write.
        on_progress: Told the bytes sent and the bytes in all, from several threads.
        is_cancelled: Asked at every block.

    Returns:
        The address of its page.

    Raises:
        TransferCancelled: `is_cancelled` said yes; the repository may be there, empty.
        InvalidParameter: `repo_id` is no name of a repository.
        JobRefused: The folder cannot be read.
        HubError: The hub does not answer, or refuses.
    """
    address = check_upload(access, repo_id)
    page = without_login(access.endpoint)
    if not folder.is_dir():
        raise JobRefused(_("{path} is not a folder.").format(path=folder))
    import httpx2
    from huggingface_hub import close_session

    _keep_quiet()
    watch = _Watch(on_progress, is_cancelled)
    try:
        with ExitStack() as files:
            interface = _interface(access, watch, files)
            watch.look()
            interface.create_repo(address.repo_id, exist_ok=True)
            watch.look()
            interface.upload_folder(
                repo_id=address.repo_id,
                folder_path=folder,
                commit_message="Upload by mlxtui",
                ignore_patterns=list(_NOT_SENT),
            )
    except (httpx2.HTTPError, OSError, RuntimeError, ValueError, KeyError) as error:
        # Threads of huggingface_hub wrap what stopped them.
        if watch.was_cancelled:
            raise TransferCancelled from error
        raise _failure(error, address.repo_id, access) from error
    finally:
        close_session()
    watch.ended()
    return f"{page}/{address.repo_id}"


def check_upload(access: HubAccess, repo_id: str) -> RepositoryAddress:
    """Look, without asking the hub, whether anything can be sent to a repository.

    Raises:
        InvalidParameter: `repo_id` is no name of a repository.
        Offline: No network is wanted.
        AccessDenied: There is no access token.
    """
    address = parse_address(repo_id)
    access.require_network()
    if not access.token:
        raise AccessDenied(
            _("Nothing can be sent to {repo} without an access token.").format(
                repo=address.repo_id
            ),
            hint=_("Make one that may write at {address}, then: {command}").format(
                address=f"{without_login(access.endpoint)}/settings/tokens",
                command="mlxtui config set hub_token",
            ),
        )
    return address


def _failure(error: Exception, repo_id: str, access: HubAccess) -> HubError:
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HfHubHTTPError | httpx2.HTTPError):
            return failure_of(cause, repo_id, access.endpoint)
        if isinstance(cause, ValueError) and "README.md" in str(cause):
            return HubError(
                _("The hub does not take the model card of {repo}.").format(
                    repo=repo_id
                ),
                hint=_("Look at the first lines of its README.md."),
            )
        cause = cause.__cause__
    return failure_of(error, repo_id, access.endpoint)


class _Watch:
    """Counts what is sent, and ends it when that is wanted."""

    def __init__(
        self, on_progress: Callable[[int, int], None], is_cancelled: Callable[[], bool]
    ) -> None:
        self._on_progress = on_progress
        self._is_cancelled = is_cancelled
        self._lock = threading.Lock()
        self._done_bytes: dict[str, int] = {}
        self.total_bytes = 0
        self.was_cancelled = False

    def look(self) -> None:
        """Nothing, unless the upload is no longer wanted.

        Raises:
            TransferCancelled: It is not.
        """
        if self.was_cancelled or self._is_cancelled():
            self.was_cancelled = True
            raise TransferCancelled

    def sent(self, path: str, place: int) -> None:
        """A file was sent up to this place."""
        with self._lock:
            self._done_bytes[path] = place
            done_bytes = sum(self._done_bytes.values())
            self._on_progress(done_bytes, self.total_bytes)

    def ended(self) -> None:
        """All is there, sent now or before."""
        self._on_progress(self.total_bytes, self.total_bytes)


class _CountedFile(io.BufferedReader):
    """A file that tells how far it was sent.

    huggingface_hub reads each one several times: for its hash, and to send it.
    """

    def __init__(self, path: Path, name: str, watch: _Watch) -> None:
        super().__init__(open(path, "rb", buffering=0))
        self._name_on_hub = name
        self._watch = watch
        self.is_sent = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Some bytes of it.

        Raises:
            TransferCancelled: The upload is no longer wanted.
        """
        self._watch.look()
        part = super().read(size)
        if self.is_sent:
            self._watch.sent(self._name_on_hub, self.tell())
        return part


def _interface(access: HubAccess, watch: _Watch, files: ExitStack) -> Any:
    """huggingface_hub's interface, whose commits read their files by our reader."""
    from huggingface_hub import CommitOperationAdd, HfApi

    class Interface(HfApi):
        def create_commit(
            self, repo_id: str, operations: Iterable[Any], **options: Any
        ) -> Any:
            counted = [
                _counted(one, watch, files)
                if isinstance(one, CommitOperationAdd)
                else one
                for one in operations
            ]
            watch.total_bytes = sum(
                one.upload_info.size
                for one in counted
                if isinstance(one, CommitOperationAdd)
            )
            for one in counted:
                if isinstance(one.path_or_fileobj, _CountedFile):
                    one.path_or_fileobj.is_sent = True
            return super().create_commit(repo_id, counted, **options)

    return Interface(endpoint=access.endpoint, token=access.token)


def _counted(
    operation: "CommitOperationAdd", watch: _Watch, files: ExitStack
) -> "CommitOperationAdd":
    from huggingface_hub import CommitOperationAdd

    path = Path(str(operation.path_or_fileobj))
    file = files.enter_context(_CountedFile(path, operation.path_in_repo, watch))
    return CommitOperationAdd(operation.path_in_repo, file)


def _keep_quiet() -> None:
    """Let huggingface_hub neither print, nor wait for ever, nor tell of this machine.

    Its bars and warnings would be drawn into the screen; its client for Xet neither
    counts bytes nor can be stopped, so large files go by git-lfs's way.
    """
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    constants.HF_HUB_DISABLE_XET = True
    constants.HF_HUB_DISABLE_TELEMETRY = True
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"huggingface_hub|httpx2")
    disable_progress_bars()
    set_client_factory(_patient_client)


def _patient_client() -> "httpx2.Client":
    import httpx2

    timeout = httpx2.Timeout(
        _ANSWER_SECONDS, connect=CONNECT_SECONDS, write=READ_SECONDS
    )
    return httpx2.Client(timeout=timeout, follow_redirects=True)
