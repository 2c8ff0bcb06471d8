"""What a job wrote down, on a page that scrolls."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.signal import Signal
from textual.widgets import Log

from mlxtui import paths
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.events import Failed
from mlxtui.backend.job_commands import ReadJobLog
from mlxtui.backend.job_events import Event, JobLogRead
from mlxtui.backend.job_info import JobInfo
from mlxtui.harmless import harmless
from mlxtui.i18n import N_, _
from mlxtui.ui.job_words import title_text
from mlxtui.ui.messages import CopyRequested
from mlxtui.ui.screens.dialog import Dialog


class JobLogScreen(Dialog[None]):
    """Reads the log when it opens; r reads it again."""

    CSS_PATH = paths.styles_dir() / "plan.tcss"
    DIALOG_TITLE = N_("Log")
    DIALOG_HELP = N_("What the job wrote down, the newest lines at the end.")
    DIALOG_KEYS = (
        ("↑ ↓ PageUp PageDown", N_("Scroll")),
        ("r", N_("Read it again")),
        ("c", N_("Copy all of it")),
        ("Esc", N_("Close")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,l", "dismiss", show=False),
        Binding("r", "read", show=False),
        Binding("c", "copy", show=False),
    ]

    def __init__(
        self, backend: Backend, backend_signal: Signal[Event], job: JobInfo
    ) -> None:
        super().__init__()
        self._backend = backend
        self._backend_signal = backend_signal
        self._job = job
        self._request_id = new_request_id()
        self._text = Log(auto_scroll=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="job-log"):
            yield self._text

    def on_mount(self) -> None:
        """Ask for the lines."""
        self.retranslate()
        self._text.focus()
        self._backend_signal.subscribe(self, self._receive)
        self.action_read()

    def retranslate(self) -> None:
        """Show every text in the language that is in use now; the log stays."""
        box = self.query_one("#job-log")
        box.border_title = _("Log of {name}").format(name=title_text(self._job))
        box.border_subtitle = _("↑ ↓ scroll · c copies · Esc closes")

    def action_read(self) -> None:
        """Ask for the lines, which may be more by now."""
        self._request_id = new_request_id()
        self._backend.submit(
            ReadJobLog(request_id=self._request_id, job_id=self._job.job_id)
        )

    def action_copy(self) -> None:
        """Copy all lines."""
        self.post_message(CopyRequested("\n".join(self._text.lines), _("the log")))

    def _receive(self, event: Event) -> None:
        if event.request_id != self._request_id:
            return
        match event:
            case JobLogRead(lines=lines):
                self._show([harmless(line) for line in lines])
            case Failed(message=message, hint=hint):
                self._show([harmless(message), harmless(hint)])
            case _:
                pass

    def _show(self, lines: list[str]) -> None:
        self._text.clear()
        self._text.write_lines(lines or [_("Nothing was written down.")])
        self._text.scroll_end(animate=False, x_axis=False)
