"""The Jobs drawer: all jobs in a list, and what is known of one of them."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from mlxtui.backend.backend import Backend
from mlxtui.backend.job_info import ENDED_STATES, JobId, JobInfo, JobOrder
from mlxtui.i18n import _
from mlxtui.ui.actions import Action, bindings
from mlxtui.ui.job_actions import JobsInfo
from mlxtui.ui.job_facts import fact_lines
from mlxtui.ui.job_orders import job_named, takes
from mlxtui.ui.job_words import counts_text, job_standing
from mlxtui.ui.known_jobs import KnownJobs
from mlxtui.ui.messages import ActionRequested, JobOrdered, LogRequested
from mlxtui.ui.place import Place
from mlxtui.ui.terminal_app import TerminalApp
from mlxtui.ui.widgets.changing_lines import ChangingLines
from mlxtui.ui.widgets.jobs_list import JobsList
from mlxtui.ui.widgets.prose import Prose
from mlxtui.units import bytes_text

# The facts stand beside the list from here on, below it in less.
_WIDE_CELLS = 132

# However many jobs there are; each tells of itself ten times a second.
_DRAW_SECONDS = 0.2

# Less is fetched or made again in a moment.
_MUCH_BYTES = 100_000_000


class JobFacts(ChangingLines, can_focus=False):
    """What is known of one job."""

    PREFIX = "jobs"
    COMPONENT_CLASSES = JobsList.COMPONENT_CLASSES


class JobsDrawer(JobsInfo, Place):
    """Lies under the open place; what changes is merged and drawn at 5 Hz."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(JobsInfo.ACTIONS)

    class Left(Message):
        """The keys go back to the open place.

        Args:
            is_closed: Whether the drawer is put away, too.
        """

        def __init__(self, *, is_closed: bool) -> None:
            super().__init__()
            self.is_closed = is_closed

    def __init__(self, backend: Backend, jobs: KnownJobs) -> None:
        super().__init__(backend)
        self._jobs = jobs
        self._list = JobsList()
        self._facts = JobFacts()
        self._empty = Prose(classes="empty")
        self._is_stale = True
        self._asked: tuple[JobId, JobOrder] | None = None
        """What the next press of the same key does."""
        self._wanted: JobId | None = None
        self._offered: tuple[object, ...] = ()
        self._heading = ""

    def compose(self) -> ComposeResult:
        yield self._list
        yield self._facts
        yield self._empty

    def on_mount(self) -> None:
        """Draw what has changed, merged."""
        self.set_interval(_DRAW_SECONDS, self._draw_changes)
        self.show()

    def on_opened(self) -> None:
        """Show how things stand now."""
        self.show()

    def focus_first(self) -> None:
        """The list has the keys."""
        self.screen.set_focus(self._list)

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        self.show()

    def on_resize(self, event: events.Resize) -> None:
        """Put the facts where there is room for them."""
        self.set_class(event.size.width >= _WIDE_CELLS, "-wide")
        self.call_after_refresh(self.show)

    def select(self, job_id: JobId) -> None:
        """Put the cursor on a job, now or when it is there."""
        self._wanted = job_id
        self._is_stale = True

    def jobs_changed(self, *, has_new_state: bool) -> None:
        """Draw them soon; at once when a job has another state."""
        self._is_stale = True
        if has_new_state:
            self.show()

    # Drawing

    def _draw_changes(self) -> None:
        if not self._is_stale or not self.display:
            return
        assert isinstance(self.app, TerminalApp)
        if not self.app.is_typed_in:
            self.show()

    def show(self) -> None:
        """Bring every part up to date; what is shown already is not drawn again."""
        if not self.display or not self.is_mounted:
            return
        self._is_stale = False
        jobs = self._jobs.newest_first
        self._list.show_jobs(jobs)
        if self._wanted is not None and self._jobs.get(self._wanted) is not None:
            self._list.select(self._wanted)
            self._wanted = None
        counts = counts_text(jobs)
        heading = " · ".join(filter(None, (_("Jobs"), counts))).join("  ")
        if heading != self._heading:
            # Each assignment draws the whole drawer again.
            self._heading = self.border_title = heading
        self._empty.display = not jobs
        if self._facts.display != bool(jobs):
            self._facts.display = bool(jobs)
            self.call_after_refresh(self._show_facts)  # until then it has no width
        if not jobs:
            self._empty.update(
                _("No job yet. Downloads, conversions and quantizations stand here.")
            )
        self._show_facts()
        self._offer_keys()

    def _show_facts(self) -> None:
        job = self._list.current
        lines = []
        if job is not None:
            lines = fact_lines(job, self._facts.line_cells, self._question(job))
        self._facts.show_lines(lines)

    def _offer_keys(self) -> None:
        """The key line shows what can be done with this job in this state."""
        job = self._list.current
        offered = (job and (job.job_id, job.state, bool(job.result_name)),)
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _question(self, job: JobInfo) -> str:
        if self._asked is None or self._asked[0] != job.job_id:
            return ""
        if self._asked[1] == "cancel":
            text = _("{size} of it are done: x again cancels, Esc does not.")
        else:
            text = _("{size} of it are here: d again removes them, Esc does not.")
        return text.format(size=bytes_text(job.done))

    # What the user does

    def on_jobs_list_moved(self) -> None:
        """Say more about the job under the cursor."""
        current = self._list.current
        if self._asked and current and current.job_id != self._asked[0]:
            self._asked = None
        self._show_facts()
        self._offer_keys()

    def on_jobs_list_chosen(self) -> None:
        """A double click is Enter."""
        if self.check_action("open", ()):
            self.action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether the job under the cursor is one for that."""
        if action in ("leave", "close"):
            return True
        job = self._list.current
        return job is not None and takes(job, action)

    def title_of(self, action: Action) -> str:
        """What Enter and p do with the job under the cursor."""
        job = self._list.current
        if job is not None and action.verb == "pause" and _is_still(job):
            return _("Go on")
        if job is not None and action.verb == "open" and job.state == "finished":
            return _("Chat")
        return super().title_of(action)

    def action_open(self, argument: str = "") -> None:
        """Chat with what a job has made, or let it go on."""
        job = self._job(argument, "open")
        if job is None:
            return
        if job.state == "finished":
            self.post_message(self.Left(is_closed=True))
            self.post_message(ActionRequested("models.chat", job.result_name))
        else:
            self._order(job, "retry" if job.state in ENDED_STATES else "resume")

    def action_pause(self, argument: str = "") -> None:
        """Let a job pause, or a paused one go on."""
        job = self._job(argument, "pause")
        if job is not None:
            self._order(job, "resume" if _is_still(job) else "pause")

    def action_cancel(self, argument: str = "") -> None:
        """End a job; asks once when much of it is done."""
        job = self._job(argument, "cancel")
        if job is not None:
            self._order_after_question(job, "cancel", is_much=_is_much(job))

    def action_retry(self, argument: str = "") -> None:
        """Try a job again."""
        job = self._job(argument, "retry")
        if job is not None:
            self._order(job, "retry")

    def action_forget(self, argument: str = "") -> None:
        """Take a job off the list; asks once when much of a failed one is here."""
        job = self._job(argument, "forget")
        if job is not None:
            is_much = job.state == "failed" and _is_much(job)
            self._order_after_question(job, "forget", is_much=is_much)

    def action_log(self, argument: str = "") -> None:
        """Open what a job wrote down."""
        job = self._job(argument, "log")
        if job is not None:
            self.post_message(LogRequested(job))

    def action_leave(self) -> None:
        """Give the keys back to the open place."""
        self.post_message(self.Left(is_closed=False))

    def action_close(self) -> None:
        """Put the drawer away, or take a question back."""
        if self._asked is not None:
            self._asked = None
            self._show_facts()
        else:
            self.post_message(self.Left(is_closed=True))

    def _job(self, name: str, verb: str) -> JobInfo | None:
        """The job of that name, or the one under the cursor, if it is one for that."""
        job = self._list.current
        if name:
            job = job_named(name, self._jobs.newest_first, verb)
            if job is None:
                self.notify(
                    _("No job for that is called {name}.").format(name=name),
                    severity="error",
                    markup=False,
                )
                return None
            self._list.select(job.job_id)
        return job if job is not None and takes(job, verb) else None

    def _order_after_question(
        self, job: JobInfo, order: JobOrder, *, is_much: bool
    ) -> None:
        """Give an order; where much would be lost, only when it is wanted twice."""
        if is_much and self._asked != (job.job_id, order):
            self._list.select(job.job_id)
            self._asked = (job.job_id, order)
            self._show_facts()
        else:
            self._asked = None
            self._order(job, order)

    def _order(self, job: JobInfo, order: JobOrder) -> None:
        self.post_message(JobOrdered(job.job_id, order))


def _is_still(job: JobInfo) -> bool:
    return job.state == "paused" or job_standing(job) == "interrupted"


def _is_much(job: JobInfo) -> bool:
    return job.unit == "bytes" and job.done >= _MUCH_BYTES
