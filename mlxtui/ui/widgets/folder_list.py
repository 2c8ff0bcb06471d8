"""A list of folders that can grow and shrink."""

from collections.abc import Sequence

from textual.content import Content
from textual.widgets.option_list import Option

from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.ui.widgets.paged_list import PagedList


class FolderList(PagedList):
    """Folders by their paths, and a last line that adds one."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.folders: list[str] = []

    def show_folders(self, folders: Sequence[str]) -> None:
        """Show these folders; the cursor stays where it can."""
        cursor = self.highlighted or 0
        self.folders = list(folders)
        add = Content.styled(_("+ Add a folder"), "$text-accent")
        self.set_options(
            [*(Option(Content(one_line(path))) for path in folders), Option(add)]
        )
        self.highlighted = min(cursor, len(self.folders))

    @property
    def place(self) -> int:
        """Of the folder under the cursor; behind the last one for a new one."""
        return self.highlighted or 0

    def with_folder(self, path: str) -> list[str]:
        """The folders with this one in the place of that under the cursor."""
        changed = list(self.folders)
        changed[self.place : self.place + 1] = [path] if path else []
        return changed
