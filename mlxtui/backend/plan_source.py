"""Where a plan's model comes from: a repository that is asked, or a folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlxtui import names, paths
from mlxtui.backend.keeping import name_of
from mlxtui.convert.contents import look_at
from mlxtui.convert.gguf.groups import gguf_paths, is_gguf
from mlxtui.convert.source import FileSource, LocalSource, Source
from mlxtui.errors import AccessDenied
from mlxtui.i18n import _
from mlxtui.plans import Contents, ContentsKind
from mlxtui.repositories import RemoteFile, Repository
from mlxtui.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSource:
    """What is known of the model that a plan starts from."""

    contents: Contents
    full_name: str
    """That of the repository, or of the model in the library; a path without one."""
    name: str
    """Its own, without an owner: what results are called after."""
    repository: Repository | None = None
    path: Path | None = None
    """Its folder or GGUF file, where it is on this machine."""
    file: str = ""
    """The GGUF file that was asked for, of several in a folder or repository."""
    is_in_library: bool = False
    """It is one of this machine's models, and no folder beside them."""


def source_of(text: str, file: str, settings: Settings) -> PlanSource:
    """Ask or look where a job's source says.

    Raises:
        InvalidParameter: It is neither an address nor a path.
        HubError: The hub does not answer, or does not have it.
    """
    if names.looks_like_path(text):
        return _local(paths.expand(text), file, settings)
    from mlxtui.hub.access import hub_access
    from mlxtui.hub.address import parse_address
    from mlxtui.hub.repository import describe

    access = hub_access(settings)
    repository = describe(access, parse_address(text))
    return source_of_repository(repository, file, settings)


def source_of_repository(
    repository: Repository, file: str, settings: Settings
) -> PlanSource:
    """Look into a repository's files where they are.

    Raises:
        HubError: The hub does not answer.
    """
    from mlxtui.hub.access import hub_access
    from mlxtui.hub.remote_source import RemoteSource

    address = repository.address
    source = RemoteSource(hub_access(settings), repository)
    file = _path_of(file or _gguf_of(address.file), source)
    try:
        contents = look_at(source, file)
    except AccessDenied as refusal:
        contents = _closed(repository, refusal)
    finally:
        source.close()
    return PlanSource(
        contents=contents,
        full_name=str(address),
        name=_gguf_name(contents) or address.repo_id.rpartition("/")[2],
        repository=repository,
        file=file,
    )


def _gguf_of(file: str) -> str:
    """The file that an address pointed at, where it is one to choose."""
    return file if file.lower().endswith(".gguf") else ""


def _path_of(file: str, source: Source) -> str:
    """A chosen file's path: its folder may be left out, where only one has the name."""
    files = source.files() if file else ()
    named = [path for path in files if path.rpartition("/")[2] == file]
    return named[0] if len(named) == 1 and file not in files else file


def _gguf_name(contents: Contents) -> str:
    """What a GGUF file becomes is called like it, whatever its folder is called."""
    if contents.kind != "gguf" or not contents.weight_files:
        return ""
    return names.imported_name(contents.weight_files[0])


def _closed(repository: Repository, refusal: AccessDenied) -> Contents:
    """What can be said of a repository that may not be looked into."""
    kinds: dict[str, ContentsKind] = {
        "embedding": "embedder", "adapter": "adapter", "vision": "vision",
        "text": "safetensors",
    }  # fmt: skip
    weights = [one for one in repository.files if one.path.endswith(".safetensors")]
    return Contents(
        kind=kinds.get(repository.kind, "unknown"),
        size_bytes=sum(one.size_bytes for one in weights),
        problem=refusal.message,
        hint=refusal.hint,
    )


def _local(path: Path, file: str, settings: Settings) -> PlanSource:
    if is_gguf(path) or (path.is_file() and _gguf_of(path.name)):
        return _local_gguf(path, settings)
    if path.is_file():
        path = path.parent  # of a model in several files, any may have been pointed at
    folder = LocalSource(path)
    file = _path_of(file, folder)
    contents = look_at(folder, file)
    if not path.is_dir():
        missing = _("There is no folder {path}.")
        if _gguf_of(path.name):
            missing = _("There is no file {path}.")
        contents = Contents(
            kind="unknown",
            problem=missing.format(path=path),
            hint=_("A model is a folder with config.json and *.safetensors."),
        )
    full_name = name_of(path, settings)
    is_in_library = not names.looks_like_path(full_name)
    if is_in_library:
        name = full_name.rpartition("/")[2].partition("@")[0]
    else:
        full_name, name = str(path), _folder_name(path.resolve())
    return PlanSource(
        contents=contents,
        full_name=full_name,
        name=_gguf_name(contents) or name,
        path=path,
        file=file,
        is_in_library=is_in_library,
    )


def _local_gguf(path: Path, settings: Settings) -> PlanSource:
    """A GGUF file, under whatever name it lies there: Ollama's are called by hashes."""
    files = gguf_paths(path)
    full_name = name_of(path, settings)
    name = names.imported_name(full_name)
    shown = {file.name: file for file in files}
    if not _gguf_of(path.name):
        shown = {f"{name}.gguf": path}
    file = next(iter(shown))
    contents = look_at(FileSource(shown), file)
    return PlanSource(
        contents=contents,
        full_name=full_name,
        name=name,
        path=path,
        file=file,
        is_in_library=not names.looks_like_path(full_name),
    )


def _folder_name(path: Path) -> str:
    """A folder's name; for a snapshot in a Hugging Face cache, the repository's."""
    if path.parent.name == "snapshots" and "--" in path.parent.parent.name:
        return path.parent.parent.name.rpartition("--")[2]
    return path.name


def snapshot_folder(
    repository: Repository, files: Sequence[RemoteFile], cache_dir: Path
) -> Path | None:
    """The folder in the cache where all these files are, if they are."""
    owner_and_name = repository.address.repo_id.replace("/", "--")
    folder = cache_dir / f"models--{owner_and_name}" / "snapshots" / repository.commit
    for file in files:
        try:
            if (folder / file.path).stat().st_size != file.size_bytes:
                return None
        except OSError:
            return None
    return folder
