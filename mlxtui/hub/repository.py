"""Everything that the hub says of one repository, before anything is fetched."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mlxtui.errors import HubError, RepositoryNotFound
from mlxtui.harmless import one_line
from mlxtui.hub.access import HubAccess, without_login
from mlxtui.hub.asking import ask, ask_json, open_client
from mlxtui.hub.failures import nonsense
from mlxtui.hub.kinds import formats_of, kind_of
from mlxtui.hub.listing import number_of, text_of, texts_of, time_of
from mlxtui.i18n import _
from mlxtui.repositories import RemoteFile, Repository, RepositoryAddress

if TYPE_CHECKING:
    import httpx2

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BLOB_ID = re.compile(r"[0-9a-f]{40}")

# A path that a folder of ours can hold: no control characters, and nothing that leads
# out of it or that Windows' separators would.
_BAD_IN_PATH = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_MOST_PATH_BYTES = 1024
_MOST_NAME_BYTES = 255

_CARD = "README.md"
_MOST_CARD_BYTES = 1 << 20
_FRONT_MATTER = re.compile(
    r"\A\ufeff?\s*---[ \t]*\r?\n(?:.*?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL
)


def describe(access: HubAccess, address: RepositoryAddress) -> Repository:
    """What a repository is and holds.

    Raises:
        RepositoryNotFound: No such repository, revision or file.
        AccessDenied: It may not be looked at with this token.
        HubError: The hub cannot be asked, answers nonsense, or lists files that would
            leave the repository's folder.
    """
    with open_client(access) as client:
        info, _following = ask_json(
            client,
            access,
            f"/api/models/{quote(address.repo_id)}"
            f"/revision/{quote(address.revision, safe='')}",
            {"blobs": "true"},
            address=address,
        )
        if not isinstance(info, dict):
            raise nonsense(access.endpoint)
        commit = text_of(info, "sha")
        if not _COMMIT.fullmatch(commit):
            raise nonsense(access.endpoint)
        files = _files(info, address, access.endpoint)
        if address.file and address.file not in {file.path for file in files}:
            page = f"{without_login(access.endpoint)}/{address.repo_id}"
            raise RepositoryNotFound(
                _("{repo} has no file {file}.").format(
                    repo=address.repo_id, file=one_line(address.file)
                ),
                hint=_("Its files are listed at {address}").format(
                    address=f"{page}/tree/main"
                ),
            )
        card = _card(client, access, address, commit, files)
    tags = texts_of(info, "tags")
    about = info.get("cardData")
    about = about if isinstance(about, dict) else {}
    paths = [file.path for file in files]
    return Repository(
        address=address,
        commit=commit,
        kind=kind_of(text_of(info, "pipeline_tag"), tags, paths),
        weight_formats=formats_of(tags, paths),
        files=files,
        license=_license(about, tags),
        base_models=texts_of(about, "base_model"),
        is_gated=info.get("gated") not in (None, False, ""),
        is_private=info.get("private") is True,
        downloads=number_of(info, "downloads"),
        likes=number_of(info, "likes"),
        updated=time_of(info, "lastModified"),
        card=card,
    )


def without_front_matter(text: str) -> str:
    """A model card without the YAML that stands before it."""
    return _FRONT_MATTER.sub("", text, count=1).strip()


def is_safe_path(path: str) -> bool:
    """Whether a repository's path stays in the folder that it is put into."""
    if _BAD_IN_PATH.search(path) or len(path.encode()) > _MOST_PATH_BYTES:
        return False
    # An empty part stands at the beginning of `/etc` and in `a//b`.
    return all(
        part not in ("", ".", "..") and len(part.encode()) <= _MOST_NAME_BYTES
        for part in path.split("/")
    )


def _files(
    info: Mapping[str, Any], address: RepositoryAddress, endpoint: str
) -> tuple[RemoteFile, ...]:
    siblings = info.get("siblings")
    if not isinstance(siblings, list):
        raise nonsense(endpoint)
    files: dict[str, RemoteFile] = {}
    for sibling in siblings:
        if not isinstance(sibling, dict):
            raise nonsense(endpoint)
        path = text_of(sibling, "rfilename")
        if not is_safe_path(path):
            raise _unsafe(path, address)
        files[path] = _file(path, sibling, endpoint)
    # A file and a folder of one name cannot both be written.
    for path in files:
        for end in (place for place, letter in enumerate(path) if letter == "/"):
            if path[:end] in files:
                raise _unsafe(path, address)
    return tuple(files.values())


def _file(path: str, sibling: Mapping[str, Any], endpoint: str) -> RemoteFile:
    lfs = sibling.get("lfs")
    size = sibling.get("size")
    if isinstance(lfs, dict):
        size = lfs.get("size", size)
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise nonsense(endpoint)
    sha256 = text_of(lfs, "sha256") if isinstance(lfs, dict) else ""
    blob_id = "" if sha256 else text_of(sibling, "blobId")
    # They become file names of the cache, so they are nothing but digits.
    if not (_SHA256.fullmatch(sha256) or _BLOB_ID.fullmatch(blob_id)):
        raise nonsense(endpoint)
    return RemoteFile(path=path, size_bytes=size, sha256=sha256, blob_id=blob_id)


def _unsafe(path: str, address: RepositoryAddress) -> HubError:
    return HubError(
        _("{repo} has a file whose name would leave its folder: {file}").format(
            repo=address.repo_id, file=one_line(path) or '""'
        ),
        hint=_("Nothing was fetched. Do not trust this repository."),
    )


def _card(
    client: "httpx2.Client",
    access: HubAccess,
    address: RepositoryAddress,
    commit: str,
    files: tuple[RemoteFile, ...],
) -> str:
    """The text of its README.md; empty where there is none or it may not be read."""
    size_bytes = {file.path: file.size_bytes for file in files}.get(_CARD, 0)
    if not size_bytes:
        return ""
    wanted = min(size_bytes, _MOST_CARD_BYTES)
    try:
        answer = ask(
            client,
            access,
            f"/{quote(address.repo_id)}/resolve/{commit}/{_CARD}",
            address=address,
            byte_range=(0, wanted),
            most_bytes=wanted,
        )
    except HubError:
        return ""  # gated ones keep it back; a plan needs no card
    return without_front_matter(answer.body[:wanted].decode("utf-8", errors="replace"))


def _license(about: Mapping[str, Any], tags: tuple[str, ...]) -> str:
    for key in ("license_name", "license"):
        if found := texts_of(about, key):
            return ", ".join(found)
    for tag in tags:
        if tag.startswith("license:"):
            return tag.removeprefix("license:")
    return ""
