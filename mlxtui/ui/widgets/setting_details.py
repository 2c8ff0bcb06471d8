"""What the setting under the cursor means, and the field in which it is changed."""

import os
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from mlxtui import settings
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.settings import (
    Address,
    Choice,
    Flag,
    Folder,
    Folders,
    Keys,
    Line,
    Number,
    Secret,
)
from mlxtui.ui.setting_check import value_problem
from mlxtui.ui.setting_rows import SettingRow
from mlxtui.ui.widgets.choice_row import ChoiceRow
from mlxtui.ui.widgets.folder_list import FolderList
from mlxtui.ui.widgets.key_capture import KeyCapture
from mlxtui.ui.widgets.ordered_input import OrderedInput


class SettingDetails(VerticalScroll, can_focus=False):
    """One editor for each kind of setting; that of the row is shown."""

    HELP: ClassVar[str] = N_(
        "Enter saves what is in the field, Esc leaves it as it was. A value that is not"
        " allowed is not saved; the line below the field says why."
    )

    class Wanted(Message):
        """The user wants this value; it is checked unless it is a key."""

        def __init__(self, row: SettingRow, text: str) -> None:
            super().__init__()
            self.row = row
            self.text = text

    class Left(Message):
        """The user is done with the field."""

    def __init__(self) -> None:
        super().__init__()
        self._row: SettingRow | None = None
        self._title = Static(classes="title", markup=False)
        self._meaning = Static(classes="meaning", markup=False)
        self._choices = ChoiceRow()
        self._folders = FolderList()
        self._input = OrderedInput(compact=True)
        self._capture = KeyCapture()
        self._note = Static(classes="note", markup=False)
        self._facts = Static(classes="facts", markup=False)

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._meaning
        yield self._choices
        yield self._folders
        yield self._input
        yield self._capture
        yield self._note
        yield self._facts

    def on_mount(self) -> None:
        """A blinking cursor repaints, which moves an input method's window."""

    @property
    def _editor(self) -> Widget:
        setting = self._row.setting if self._row else None
        if isinstance(setting, Choice | Flag):
            return self._choices
        if isinstance(setting, Folders):
            return self._folders
        return self._capture if isinstance(setting, Keys) else self._input

    def show_row(self, row: SettingRow | None) -> None:
        """Show a row; a field that is being typed in stays while its row does."""
        is_other = row is None or self._row is None or row.key != self._row.key
        self._row = row
        self.display = row is not None
        if is_other and self._capture.has_focus:
            self.post_message(self.Left())  # the next key is for the row it was before
        if row is None:
            return
        self._title.update(
            Content.assemble((row.title, "bold"), "  ", (row.key, "$text-muted"))
        )
        self._meaning.update(row.meaning)
        self._facts.update(_facts(row))
        is_secret = isinstance(row.setting, Secret)
        if is_other and self._input.password:
            self._input.value = ""  # before it could be read
        self._input.password = is_secret
        self._input.placeholder = _placeholder(row)
        for editor in (self._choices, self._folders, self._input, self._capture):
            editor.display = editor is self._editor
            editor.disabled = row.origin == "environment"
        setting = row.setting
        if isinstance(setting, Choice):
            self._choices.choices = {word: word for word in setting.choices}
            self._choices.value = row.text
        elif isinstance(setting, Flag):
            self._choices.choices = {"off": _("off"), "on": _("on")}
            self._choices.value = row.text
        elif isinstance(setting, Folders):
            self._folders.show_folders(list(filter(None, row.text.split(os.pathsep))))
        elif isinstance(setting, Keys):
            self._capture.resting = row.shown
        elif is_other or not self._input.has_focus:
            self._input.value = one_line(row.text)
        self.show_note()

    def show_note(self, problem: str = "") -> None:
        """Say what is wrong, or what can be said of the value."""
        row = self._row
        text = one_line(problem)
        if not text and row is not None and isinstance(row.setting, Choice):
            text = _(row.setting.choices[row.text])
        elif not text and self._is_unsaved:
            text = _("Enter saves · Esc leaves it as it was")
        elif not text and self._is_kept_secret:
            text = _("Type another one to replace it. Delete in the list removes it.")
        self._note.update(text)
        self._note.set_class(bool(problem), "-problem")

    @property
    def _is_unsaved(self) -> bool:
        row = self._row
        if row is None or not self._input.display:
            return False
        return self._input.has_focus and self._input.value != row.text

    @property
    def _is_kept_secret(self) -> bool:
        """A secret is set, and nothing is typed to replace it."""
        row = self._row
        return (
            row is not None
            and isinstance(row.setting, Secret)
            and self._input.has_focus
            and not row.is_default
        )

    def edit(self) -> None:
        """Give the focus to the row's field."""
        self._editor.focus()

    def step(self, by: int) -> None:
        """Choose the next value, or the one before."""
        self._choices.action_step(by)

    def remove_folder(self) -> bool:
        """Take the folder under the cursor away, where the folders have the focus."""
        if not self._folders.has_focus or self._row is None:
            return False
        if self._folders.place < len(self._folders.folders):
            self._want_folders("")
        return True

    def leave(self) -> None:
        """Put the value back that is set."""
        row = self._row
        if row is not None and isinstance(row.setting, Folders) and self._input.display:
            self._input.display = False
            self._folders.focus()
            self.show_note()
            return
        self.show_note()
        self.post_message(self.Left())
        if row is not None:
            self._input.value = one_line(row.text)

    # What its fields report

    def on_choice_row_chosen(self, message: ChoiceRow.Chosen) -> None:
        """A choice is used at once."""
        message.stop()
        self._want(message.value)

    def on_option_list_option_highlighted(
        self, event: OptionList.OptionHighlighted
    ) -> None:
        """The folders' cursor is nobody else's matter."""
        event.stop()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Change a folder, or type a new one."""
        event.stop()
        place = self._folders.place
        is_new = place >= len(self._folders.folders)
        self._input.value = "" if is_new else self._folders.folders[place]
        self._input.display = True
        self._input.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once what is wrong."""
        event.stop()
        self._check(event.value)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Save what is right."""
        event.stop()
        row = self._row
        if row is None:
            return
        problem = await value_problem(row.key, event.value)
        if problem:
            self.show_note(problem)
        elif isinstance(row.setting, Folders):
            self._want_folders(event.value.strip())
            self.leave()
        elif isinstance(row.setting, Secret) and not event.value.strip():
            self.leave()  # an empty field is what it looks like when one is set
        else:
            self._want(event.value)
            if isinstance(row.setting, Secret):
                self._input.value = ""
            self.post_message(self.Left())

    def on_key_capture_pressed(self, message: KeyCapture.Pressed) -> None:
        """A key is checked by who knows all actions."""
        message.stop()
        if self._editor is self._capture:
            self._want(message.key)

    def on_key_capture_cancelled(self, message: KeyCapture.Cancelled) -> None:
        """Back to the list."""
        message.stop()
        self.leave()

    @work(exclusive=True)
    async def _check(self, text: str) -> None:
        row = self._row
        if row is None:
            return
        problem = await value_problem(row.key, text)
        if self._row is row and self._input.value == text:
            self.show_note(problem if self._input.has_focus else "")

    def _want(self, text: str) -> None:
        if self._row is not None:
            self.post_message(self.Wanted(self._row, text))

    def _want_folders(self, path: str) -> None:
        self._want(os.pathsep.join(self._folders.with_folder(path)))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what can be said of the field."""
        self.show_note()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """What was said of the field has no meaning without it."""
        self.show_note()


def _placeholder(row: SettingRow) -> str:
    if isinstance(row.setting, Folders):
        return _("Path of a folder")
    return one_line(row.shown if isinstance(row.setting, Secret) else row.default)


def _facts(row: SettingRow) -> Content:
    """Allowed values, default, origin and when it takes effect."""
    parts = []
    if isinstance(row.setting, Number | Line | Folder | Address | Secret):
        allowed = row.setting.allowed()
        parts.append(_("Allowed: {values}").format(values=allowed))
    parts.append(_("Default: {value}").format(value=row.default))
    if row.action is not None and row.action.slash:
        parts.append(f"/{row.action.slash}")
    if row.setting.needs_restart:
        parts.append(_("takes effect at the next start"))
    facts = Content.styled(" · ".join(parts), "$text-muted")
    if row.origin != "environment":
        return facts
    overridden = _("Set by the variable {name}; unset it to change it here.").format(
        name=settings.variable(row.key)
    )
    return Content.assemble((overridden, "$text-warning"), "\n", facts)
