"""Messages to the app: from outside its loop, and from the places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from mlxtui.types import LocalModel

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event
    from mlxtui.backend.job_info import JobId, JobInfo, JobOrder
    from mlxtui.plans import JobSpec


class BackendEvent(Message):
    """An event of the backend, brought to the screen's own loop."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class LoadRequested(Message):
    """Load a model for the chat, in place of the one that is there."""

    def __init__(self, model: LocalModel, *, then_chat: bool) -> None:
        super().__init__()
        self.model = model
        self.then_chat = then_chat
        """Whether the chat is opened with it."""


class UnloadRequested(Message):
    """Free the memory of the chat's model."""


class PlanRequested(Message):
    """Show what a job would do, and do it when the user says so."""

    def __init__(self, spec: JobSpec) -> None:
        super().__init__()
        self.spec = spec


class JobOrdered(Message):
    """Pause, resume, cancel, retry or forget a job."""

    def __init__(self, job_id: JobId, order: JobOrder) -> None:
        super().__init__()
        self.job_id = job_id
        self.order = order


class LogRequested(Message):
    """Show what a job wrote down."""

    def __init__(self, job: JobInfo) -> None:
        super().__init__()
        self.job = job


class SettingChanged(Message):
    """Save a setting and use it from now on.

    Args:
        key: Its name in `settings`.
        text: Its value as text; empty for the default. The sender has checked it with
            `settings.parse`.
    """

    def __init__(self, key: str, text: str) -> None:
        super().__init__()
        self.key = key
        self.text = text


class CopyRequested(Message):
    """Put a text on the clipboard and say whether that worked."""

    def __init__(self, text: str, what: str) -> None:
        super().__init__()
        self.text = text
        self.what = what
        """What it is, for the notice: "the answer"."""


class ActionRequested(Message):
    """Do one of the registered actions."""

    def __init__(self, name: str, argument: str = "") -> None:
        super().__init__()
        self.name = name
        self.argument = argument
