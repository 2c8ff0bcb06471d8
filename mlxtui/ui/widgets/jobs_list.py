"""The list of jobs, a line each, with a cursor that stays on its job."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from mlxtui.backend.job_info import JobId, JobInfo
from mlxtui.i18n import current_language
from mlxtui.ui.job_rows import RowLayout, job_row, row_layout
from mlxtui.ui.widgets.changing_lines import ChangingLines, Line


class JobsList(ChangingLines, can_focus=True, inherit_bindings=False):
    """Lines of jobs that have not changed are not even made again."""

    PREFIX = "jobs"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "jobs--muted", "jobs--busy", "jobs--good", "jobs--warning", "jobs--bad",
        "jobs--bar", "jobs--track", "jobs--cursor", "jobs--blurred-cursor",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "end(-1)", show=False),
        Binding("end", "end(1)", show=False),
    ]

    class Moved(Message):
        """The cursor is on another job."""

    class Chosen(Message):
        """The job under the cursor was clicked on."""

    def __init__(self) -> None:
        super().__init__()
        self._jobs: tuple[JobInfo, ...] = ()
        self._cursor = 0
        self._made: dict[JobId, tuple[JobInfo, Line]] = {}
        self._frame: tuple[int, str] | None = None
        self._columns: RowLayout = row_layout(0)

    @property
    def current(self) -> JobInfo | None:
        """The job under the cursor."""
        return self._jobs[self._cursor] if self._cursor < len(self._jobs) else None

    def show_jobs(self, jobs: Sequence[JobInfo]) -> None:
        """Show these jobs; the cursor stays on its own, or near it when it is gone."""
        current = self.current
        width = self.line_cells
        frame = (width, current_language())
        if frame != self._frame:
            self._frame, self._columns = frame, row_layout(width)
            self._made.clear()
        made = self._made
        self._made = {job.job_id: self._row(job, made) for job in jobs}
        self._jobs = tuple(jobs)
        self.show_lines([line for _job, line in self._made.values()])
        ids = [job.job_id for job in jobs]
        if current is not None and current.job_id in ids:
            place = ids.index(current.job_id)
        else:
            place = max(min(self._cursor, len(ids) - 1), 0)
        if place != self._cursor:
            self._put_cursor(place)

    def select(self, job_id: JobId) -> None:
        """Put the cursor on a job, if it is in the list."""
        for place, job in enumerate(self._jobs):
            if job.job_id == job_id:
                self._put_cursor(place)

    def _row(
        self, job: JobInfo, made: dict[JobId, tuple[JobInfo, Line]]
    ) -> tuple[JobInfo, Line]:
        known = made.get(job.job_id)
        if known is not None and (known[0] is job or known[0] == job):
            return known
        return job, job_row(job, self._columns)

    def line_style(self, number: int) -> Style:
        """The cursor's line has a ground of its own."""
        style = self.rich_style
        if number != self._cursor:
            return style
        part = "cursor" if self.has_focus else "blurred-cursor"
        return style + self._part_style(part)

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor is drawn in another way."""
        super().watch_has_focus(has_focus)
        self.refresh_line(self._cursor)

    def action_move(self, by: int) -> None:
        """Move the cursor by lines."""
        self._put_cursor(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by what is in view."""
        self._put_cursor(self._cursor + by * max(self.size.height - 1, 1))

    def action_end(self, direction: int) -> None:
        """Move the cursor to the first or the last job."""
        self._put_cursor(0 if direction < 0 else len(self._jobs) - 1)

    def on_click(self, event: events.Click) -> None:
        """The first click puts the cursor on a job, a double click chooses it."""
        self._put_cursor(self.scroll_offset.y + event.y)
        if event.chain == 2:
            self.post_message(self.Chosen())

    def _put_cursor(self, place: int) -> None:
        place = max(min(place, len(self._jobs) - 1), 0)
        before, self._cursor = self._cursor, place
        self.refresh_line(before)
        self.refresh_line(place)
        self.show_cursor()
        if place != before:
            self.post_message(self.Moved())

    def show_cursor(self) -> None:
        """Scroll so that the cursor is in view."""
        top, height = round(self.scroll_y), self.size.height
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif height and self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False)
