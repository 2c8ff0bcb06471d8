"""What was seen in GGUF files, kept for the next look.

The header of a file with a large vocabulary takes a tenth of a second, and a library
may have hundreds: each is looked into once, until it changes.
"""

import json
import logging
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlxtui import __version__, i18n, paths
from mlxtui.convert.gguf.files import look_at_group
from mlxtui.convert.gguf.groups import gguf_groups
from mlxtui.convert.source import FileSource
from mlxtui.i18n import _
from mlxtui.plans import Contents

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_log = logging.getLogger(__name__)

# Several threads look at once, and the file has one temporary name in a process.
_writing = threading.Lock()

_Stamps = list[list[Any]]
"""Of each part: path, size, time of the last change."""


@cache
def _adapter() -> "TypeAdapter[Contents]":
    from pydantic import TypeAdapter  # 0.1 s, which no start of the app needs

    return TypeAdapter(Contents)


class SeenGguf:
    """One look at many files: what is known of them, and what is found out now.

    What cannot be used is kept with its reason, whose words are those of one language
    and one version of mlxtui.
    """

    def __init__(self) -> None:
        self._made_by = f"{__version__} {i18n.current_language()}"
        self._known = self._read()
        self._seen: dict[str, dict[str, Any]] = {}
        self._has_news = False

    def look_at(self, files: Sequence[Path], source: FileSource) -> Contents:
        """Tell what a GGUF file is; what speaks against it is part of the answer.

        Args:
            files: All its parts, the first one first.
            source: The same under names that say what they are.
        """
        try:
            stamps = _stamps(files)
            contents = self._remembered(files[0], stamps)
            if contents is None:
                (group,) = gguf_groups(source)
                contents = look_at_group(source, group)
                self._has_news = True
        except (OSError, ValueError) as error:
            return Contents(
                kind="gguf",
                problem=_("It cannot be read: {reason}").format(reason=error),
                hint=_("Look whether the file is there and may be read."),
            )
        seen = _adapter().dump_python(contents, mode="json", exclude_defaults=True)
        self._seen[str(files[0])] = {"stamps": stamps, "contents": seen}
        return contents

    def save(self, *, is_complete: bool) -> None:
        """Keep what was seen. A disk that does not take it costs the next look its time
        only.

        Args:
            is_complete: Every file was looked at; what is known of others is dropped.
        """
        if not self._has_news:
            return
        files = self._seen if is_complete else {**self._known, **self._seen}
        text = json.dumps({"made_by": self._made_by, "files": files})
        try:
            with _writing:
                paths.write_atomically(paths.gguf_cache_file(), text)
        except (OSError, ValueError):
            _log.warning("What was seen in GGUF files cannot be kept", exc_info=True)

    def _remembered(self, file: Path, stamps: _Stamps) -> Contents | None:
        entry = self._known.get(str(file))
        if not isinstance(entry, dict) or entry.get("stamps") != stamps:
            return None
        try:
            return _adapter().validate_python(entry.get("contents"))
        except ValueError:
            return None  # of another build of the same version

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(paths.gguf_cache_file().read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(content, dict) or content.get("made_by") != self._made_by:
            return {}
        files = content.get("files")
        return files if isinstance(files, dict) else {}


def _stamps(files: Sequence[Path]) -> _Stamps:
    """How the parts are told from others in their place.

    Raises:
        OSError: One is not there.
    """
    stamps: _Stamps = []
    for file in files:
        status = file.stat()
        stamps.append([str(file), status.st_size, status.st_mtime_ns])
    return stamps
