"""What the models of this machine are called and where they are; none is opened."""

from collections.abc import Iterator

from mlxtui import paths
from mlxtui.backend.library_gguf import GgufEntry, find_gguf_files
from mlxtui.hub import library
from mlxtui.hub.library import Folder
from mlxtui.settings import Settings


def named_folders(settings: Settings) -> Iterator[Folder]:
    """The folders of the models of this machine, none of them opened.

    Of several with one name, the first place's is the one that the name means.
    """
    seen: set[str] = set()
    folders = library.find_folders(
        paths.guide_model_dir(),
        settings.models_dir(),
        settings.model_folders,
        other_programs=settings.other_programs,
    )
    for folder in folders:
        if (name := folder.name.lower()) not in seen:
            seen.add(name)
            yield folder


def named_gguf_files(settings: Settings) -> Iterator[GgufEntry]:
    """The GGUF files of this machine, none of them opened, by names that no other
    model has."""
    seen = {folder.name.lower() for folder in named_folders(settings)}
    for entry in find_gguf_files(settings):
        if (name := entry.name.lower()) not in seen:
            seen.add(name)
            yield entry
