"""Where a repository's files lie in a Hugging Face cache, and under which names.

The layout is huggingface_hub's own (its file_download.py): content in `blobs`, under
the name that the hub's ETag gives it, links to it in `snapshots/<commit>`, and what a
branch or tag stands for in `refs`. Partial files lie beside the blobs, under names
that huggingface_hub never uses.
"""

import os
import re
import shutil
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from mlxtui.errors import HubError
from mlxtui.harmless import one_line
from mlxtui.hub.transfer.journal import read_journal
from mlxtui.i18n import _
from mlxtui.repositories import RemoteFile, Repository

if TYPE_CHECKING:
    from filelock import BaseFileLock

_PART = ".mlxtui.part"
_JOURNAL = ".mlxtui.journal"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_CONTENT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPO_ID = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)


def content_id(file: RemoteFile) -> str:
    """The name of a file's content in the cache: its sha256, else git's id.

    Raises:
        HubError: The hub gave neither, so that the content could not be checked.
    """
    name = file.sha256 or file.blob_id
    if not _CONTENT_ID.fullmatch(name):
        raise HubError(
            _("The hub gives no checksum of {path}, so it is not fetched.").format(
                path=one_line(file.path)
            ),
            hint=_("Without one, nobody could tell whether it came whole."),
        )
    return name


def checked_path(path: str) -> PurePosixPath:
    """A path that stays inside the folder that it is joined to, on every system.

    Raises:
        HubError: It would leave the folder, or is no name of a file.
    """
    parts = path.split("/")
    windows = [PureWindowsPath(part) for part in parts]
    if (
        any(part in ("", ".", "..") for part in parts)
        or any(one.drive or one.root or len(one.parts) != 1 for one in windows)
        or any(ord(letter) < 32 for letter in path)
    ):
        raise HubError(
            _(
                "{path} is not a name that may be written, so nothing is fetched."
            ).format(path=one_line(path) or "“”"),
            hint=_("The repository is damaged or harmful: tell its owner."),
        )
    return PurePosixPath(path)


@dataclass(frozen=True, slots=True)
class Layout:
    """One repository in a cache."""

    cache_dir: Path
    folder_name: str
    """`models--owner--name`."""
    commit: str
    revision: str

    @property
    def folder(self) -> Path:
        """Everything of the repository."""
        return self.cache_dir / self.folder_name

    @property
    def snapshot(self) -> Path:
        """The commit's files, by their names."""
        return self.folder / "snapshots" / self.commit

    def blob(self, name: str) -> Path:
        """A whole content."""
        return self.folder / "blobs" / name

    def part(self, name: str) -> Path:
        """A content that is not whole yet."""
        return self.folder / "blobs" / (name + _PART)

    def journal(self, name: str) -> Path:
        """What is there of the part."""
        return self.folder / "blobs" / (name + _JOURNAL)

    def lock(self, name: str) -> Path:
        """Held by whoever fetches it: by huggingface_hub, too."""
        return self.cache_dir / ".locks" / self.folder_name / f"{name}.lock"

    def is_whole(self, file: RemoteFile) -> bool:
        """Whether a file's content is there."""
        places = (self.blob(content_id(file)), self.snapshot / checked_path(file.path))
        for place in places:
            try:
                if place.stat().st_size == file.size_bytes:
                    return True
            except OSError:
                continue
        return False

    def prepare(self) -> None:
        """Make the folders, so that others see a repository without a snapshot.

        Raises:
            OSError: The cache cannot be written.
        """
        for name in ("blobs", "snapshots"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.lock("").parent.mkdir(parents=True, exist_ok=True)

    def journalled_bytes(self, file: RemoteFile) -> int:
        """How much there is of a file that is not whole, read without its lock."""
        name = content_id(file)
        if not self.part(name).is_file():
            return 0
        found = read_journal(self.journal(name), file.size_bytes)
        return found.saved.total_bytes + found.written.total_bytes

    def discard(self, name: str) -> None:
        """Remove the part of a content, unless another program fetches it."""
        if not self.part(name).is_file() and not self.journal(name).is_file():
            return
        lock = self.acquire(name)
        if lock is None:
            return
        # The journal first: a part without one is begun again.
        self.journal(name).unlink(missing_ok=True)
        self.part(name).unlink(missing_ok=True)
        lock.release()

    def acquire(self, name: str) -> "BaseFileLock | None":
        """The lock of a content, which any thread may release; None while another
        has it."""
        from filelock import FileLock, Timeout

        # huggingface_hub's mode: users who share a cache may wait for each other.
        lock = FileLock(self.lock(name), mode=0o664, thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return None
        return lock

    def remove_if_empty(self) -> None:
        """Remove the folders that `prepare` made, where nothing came of it."""
        for place in ("blobs", "snapshots", "refs", ""):
            with suppress(OSError):  # not there, or not empty
                (self.folder / place).rmdir()

    def publish(self, files: Mapping[str, RemoteFile]) -> Path:
        """Name the whole files: first the snapshot, last the revision.

        Args:
            files: By their paths; the content of each is there.

        Returns:
            The snapshot's folder.

        Raises:
            OSError: The cache cannot be written.
        """
        if not links_work(self.folder):
            self._move_all(files)
        elif self.snapshot.exists():
            self._link_all(self.snapshot, files)
        else:
            # All at once, so that nobody sees a model without its weights. As deep as
            # its place, so that relative links stay right.
            draft = self.folder / f".mlxtui-{os.getpid()}" / self.commit
            try:
                self._link_all(draft, files)
                os.rename(draft, self.snapshot)
            except OSError:
                if not self.snapshot.is_dir():
                    raise
                self._link_all(self.snapshot, files)  # another program was as quick
            finally:
                shutil.rmtree(draft.parent, ignore_errors=True)
        self._write_ref()
        return self.snapshot

    def _link_all(self, folder: Path, files: Mapping[str, RemoteFile]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for path, file in files.items():
            relative = checked_path(path)
            blob = self.blob(content_id(file))
            link = folder / relative
            target = os.path.relpath(blob, (self.snapshot / relative).parent)
            if link.is_symlink() and os.readlink(link) == target:
                continue
            if not blob.exists() and link.exists():
                continue  # written when links did not work here
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            os.symlink(target, link)

    def _move_all(self, files: Mapping[str, RemoteFile]) -> None:
        """As huggingface_hub does it without links: the contents themselves move."""
        names_left = Counter(map(content_id, files.values()))
        for path, file in files.items():
            name = content_id(file)
            blob, place = self.blob(name), self.snapshot / checked_path(path)
            names_left[name] -= 1
            if not blob.exists():
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if names_left[name]:
                copy = self.part(name).with_suffix(".copy")
                shutil.copyfile(blob, copy)
                os.replace(copy, place)
            else:
                os.replace(blob, place)

    def _write_ref(self) -> None:
        if self.revision == self.commit:
            return
        ref = self.folder / "refs" / checked_path(self.revision)
        ref.parent.mkdir(parents=True, exist_ok=True)
        temporary = ref.with_name(f"{ref.name}.{os.getpid()}.tmp")
        temporary.write_text(self.commit, "utf-8")
        os.replace(temporary, ref)


def layout_of(repository: Repository, cache_dir: Path) -> Layout:
    """A repository's places in a cache.

    Raises:
        HubError: Its name, commit or revision is no name for a folder.
    """
    repo_id = repository.address.repo_id
    commit = repository.commit
    if not _REPO_ID.fullmatch(repo_id) or not _COMMIT.fullmatch(commit):
        raise HubError(
            _("{repository} at {commit} is not a repository's address.").format(
                repository=one_line(repo_id), commit=one_line(commit)
            )
        )
    revision = repository.address.revision
    checked_path(revision)
    folder_name = "--".join(("models", *repo_id.split("/")))
    return Layout(cache_dir, folder_name, commit, revision)


def links_work(folder: Path) -> bool:
    """Whether this file system has symbolic links (exFAT has none), and the user
    has not forbidden them to huggingface_hub."""
    from huggingface_hub import constants

    if constants.HF_HUB_DISABLE_SYMLINKS:
        return False
    probe = folder / f".mlxtui-{os.getpid()}-{threading.get_ident()}.link"
    try:
        os.symlink("blobs", probe)
    except OSError:
        return False
    probe.unlink()
    return True
