"""Fetching a repository's files into a Hugging Face cache."""

import errno
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from mlxtui.errors import DiskFull, HubError
from mlxtui.harmless import one_line
from mlxtui.hub.access import HubAccess
from mlxtui.hub.transfer.control import (
    USUAL_LIMITS,
    TransferCancelled,
    TransferControl,
    TransferLimits,
    TransferProgress,
)
from mlxtui.hub.transfer.crew import Crew
from mlxtui.hub.transfer.download import Download
from mlxtui.hub.transfer.layout import Layout, checked_path, content_id, layout_of
from mlxtui.hub.transfer.pace import pace_of
from mlxtui.hub.transfer.schedule import Schedule
from mlxtui.i18n import _
from mlxtui.repositories import RemoteFile, Repository
from mlxtui.units import bytes_text

_PROGRESS_SECONDS = 0.1
# Of the half second in which a transfer ends; the rest is for what stood before it.
_STOP_SECONDS = 0.3
_FULL = (errno.ENOSPC, errno.EDQUOT)


def fetch(
    access: HubAccess,
    repository: Repository,
    files: Iterable[RemoteFile],
    cache_dir: Path,
    *,
    control: TransferControl,
    on_progress: Callable[[TransferProgress], None],
    limits: TransferLimits = USUAL_LIMITS,
) -> Path:
    """Fetch files of a repository, or what is missing of them.

    What came is kept, whatever happens: calling it again goes on from there. Another
    program may fetch the same at the same time; then one of the two waits.

    Args:
        files: Those that are wanted.
        cache_dir: The Hugging Face cache.
        on_progress: Called in this thread, at most ten times a second, also while
            nothing comes.

    Returns:
        The snapshot's folder, in which all of the files are.

    Raises:
        TransferCancelled: `control` has asked for it.
        Offline: Something is missing, and no network is wanted.
        DiskFull: There is too little room for what is missing.
        HubError: The hub says no, or does not send what it named.
    """
    layout = layout_of(repository, cache_dir)
    wanted = {str(checked_path(file.path)): file for file in files}
    contents = {content_id(file): file for file in wanted.values()}
    missing = {
        content_id(file): file for file in wanted.values() if not layout.is_whole(file)
    }
    try:
        if missing:
            access.require_network()
            _check_room(repository, missing.values(), cache_dir)
            layout.prepare()
            done = sum(file.size_bytes for file in contents.values()) - sum(
                file.size_bytes for file in missing.values()
            )
            schedule, crew = _prepared(
                access, repository, layout, missing.values(), done, limits
            )
            _watch(schedule, crew, control, on_progress)
        return layout.publish(wanted)
    except OSError as error:
        if error.errno in _FULL:
            raise _disk_full(
                missing_bytes(repository, contents.values(), cache_dir), cache_dir
            ) from error
        raise HubError(
            _("The download cannot be written to {folder}: {reason}.").format(
                folder=one_line(str(cache_dir)), reason=error.strerror or error
            ),
            hint=_("What was fetched is kept: try again, and it goes on from there."),
        ) from error


def missing_bytes(
    repository: Repository, files: Iterable[RemoteFile], cache_dir: Path
) -> int:
    """How many bytes of files are still to be fetched.

    Raises:
        HubError: A file has a harmful name, or no checksum.
    """
    layout = layout_of(repository, cache_dir)
    missing = {content_id(file): file for file in files if not layout.is_whole(file)}
    return sum(
        file.size_bytes - layout.journalled_bytes(file) for file in missing.values()
    )


def discard(repository: Repository, cache_dir: Path) -> None:
    """Drop what is there of files that are not whole; whole ones stay.

    What another program is fetching is left alone.
    """
    layout = layout_of(repository, cache_dir)
    for name in map(content_id, repository.files):
        layout.discard(name)
    layout.remove_if_empty()


def _prepared(
    access: HubAccess,
    repository: Repository,
    layout: Layout,
    files: Iterable[RemoteFile],
    done_bytes: int,
    limits: TransferLimits,
) -> tuple[Schedule, Crew]:
    """What is to be done, and who does it."""
    from mlxtui.hub.transfer.source import Source
    from mlxtui.hub.transfer.wire import Wire

    wire = Wire(access, limits)
    downloads = [
        Download(file, layout, Source(wire, access, repository, file)) for file in files
    ]
    schedule = Schedule(downloads, done_bytes, limits)
    pace = pace_of(schedule.progress().total_bytes, limits.connections)
    return schedule, Crew(schedule, wire, pace, limits, access.endpoint)


def _watch(
    schedule: Schedule,
    crew: Crew,
    control: TransferControl,
    on_progress: Callable[[TransferProgress], None],
) -> None:
    """Let the crew work, and tell how far it is."""
    crew.start()
    try:
        while not schedule.wait(_PROGRESS_SECONDS):
            if control.is_cancelled:
                raise TransferCancelled
            on_progress(schedule.progress())
    except BaseException as error:
        schedule.end(error)
        raise
    finally:
        crew.stop(_STOP_SECONDS)
    if schedule.error is not None:
        raise schedule.error
    on_progress(schedule.progress())


def _check_room(
    repository: Repository, files: Iterable[RemoteFile], cache_dir: Path
) -> None:
    needed = missing_bytes(repository, files, cache_dir)
    if needed > _free_bytes(cache_dir):
        raise _disk_full(needed, cache_dir)


def _free_bytes(cache_dir: Path) -> int:
    """On the disk of a folder that need not be there yet."""
    for folder in (cache_dir, *cache_dir.parents):
        if folder.is_dir():
            return shutil.disk_usage(folder).free
    return 0


def _disk_full(needed_bytes: int, cache_dir: Path) -> DiskFull:
    return DiskFull(
        _(
            "The disk is full: {needed} are still to be fetched, {free} are free."
        ).format(
            needed=bytes_text(needed_bytes), free=bytes_text(_free_bytes(cache_dir))
        ),
        hint=_("Make room and try again: what was fetched is kept."),
    )
