"""The checksum of a content, worked out in order while its bytes come in any order."""

import hashlib

from mlxtui.hub.transfer.part import Part
from mlxtui.repositories import RemoteFile

_READ_BYTES = 1024 * 1024


class Checksum:
    """sha256 for what git-lfs keeps, git's own id for what git keeps."""

    def __init__(self, file: RemoteFile) -> None:
        self._expected = file.sha256 or file.blob_id
        self.done_bytes = 0
        if file.sha256:
            self._digest = hashlib.sha256()
        else:
            self._digest = hashlib.sha1(usedforsecurity=False)
            self._digest.update(b"blob %d\0" % file.size_bytes)

    def advance(self, part: Part) -> None:
        """Take one more piece from what is there without a gap.

        They come from the machine's page cache: this runs close behind the transfer.

        Raises:
            PartClosed: The transfer has ended.
            OSError: They cannot be read.
        """
        left = part.prefix_bytes - self.done_bytes
        block = part.read(self.done_bytes, min(left, _READ_BYTES))
        self._digest.update(block)
        self.done_bytes += len(block)

    @property
    def is_right(self) -> bool:
        """Whether what was taken so far is the content that the hub named."""
        return self._digest.hexdigest() == self._expected
