"""Which model the app talks to, and how far its loading is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import LoadModel, UnloadModel
from mlxtui.backend.events import Cancelled, Failed, ModelLoaded, Progress
from mlxtui.types import LoadedModel, LocalModel, RequestId

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event


@dataclass(frozen=True, slots=True)
class ModelState:
    """What the screen shows of the model."""

    phase: Literal["none", "loading", "ready", "failed"] = "loading"
    """The first model is being looked for from the start on."""
    loaded: LoadedModel | None = None
    """The model that answers; while another one loads, still the former."""
    loading_name: str = ""
    loading_share: float | None = None
    """0 to 1; None while it is not known."""
    message: str = ""
    """Why the last load failed."""
    hint: str = ""

    @property
    def name(self) -> str:
        """The name of the model that answers, or of the one that is coming."""
        return self.loading_name or (self.loaded.name if self.loaded else "")


class ModelSwitch:
    """Loads the model that was asked for last and frees the one before.

    Args:
        changed: Called with each new state.
    """

    def __init__(self, backend: Backend, changed: Callable[[ModelState], None]) -> None:
        self._backend = backend
        self._changed = changed
        self._request_id: RequestId | None = None
        self._superseded: set[RequestId] = set()
        self._wanted: Path | None = None
        self.state = ModelState()

    @property
    def is_untouched(self) -> bool:
        """No load was asked for yet."""
        return self._wanted is None

    def find_none(self) -> None:
        """Show that there is none to load."""
        self._set(ModelState("none"))

    def load(self, model: LocalModel) -> None:
        """Load a model; one that is still loading is cancelled."""
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
            self._superseded.add(self._request_id)
        self._request_id = new_request_id()
        self._wanted = model.path
        self._set(ModelState("loading", self.state.loaded, loading_name=model.name))
        self._backend.submit(
            LoadModel(request_id=self._request_id, path=model.path, name=model.name)
        )

    def unload(self) -> None:
        """Free the model that answers, once it has answered; a load is cancelled."""
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
        elif self.state.loaded is not None:
            self._unload(self.state.loaded.path)
            self._wanted = None
            self._set(ModelState("none"))

    def fail(self, message: str, hint: str) -> None:
        """Show that a model could not even be looked for."""
        self._set(ModelState("failed", message=message, hint=hint))

    def receive(self, event: Event) -> None:
        """Follow the load; events of other requests are not looked at."""
        if event.request_id in self._superseded:
            self._free_late(event)
        if event.request_id != self._request_id:
            return
        match event:
            case Progress(stage="load", done=done, total=total):
                share = done / total if total else None
                self._set(replace(self.state, loading_share=share))
            case ModelLoaded(model=loaded):
                self._request_id = None
                former = self.state.loaded
                self._set(ModelState("ready", loaded))
                if former is not None and former.path != loaded.path:
                    self._unload(former.path)
            case Failed(message=message, hint=hint):
                self._request_id = None
                kept = self.state.loaded
                phase: Literal["ready", "failed"] = "ready" if kept else "failed"
                self._set(ModelState(phase, kept, message=message, hint=hint))
            case Cancelled():
                self._request_id = None
                kept = self.state.loaded
                self._set(ModelState("ready" if kept else "none", kept))
            case _:
                pass

    def _free_late(self, event: Event) -> None:
        """A load whose cancel came too late leaves a model that nobody asked for."""
        if isinstance(event, Progress):
            return
        self._superseded.discard(event.request_id)
        if isinstance(event, ModelLoaded):
            kept = self.state.loaded.path if self.state.loaded else None
            if event.model.path not in (kept, self._wanted):
                self._unload(event.model.path)

    def _unload(self, path: Path) -> None:
        self._backend.submit(UnloadModel(request_id=new_request_id(), path=path))

    def _set(self, state: ModelState) -> None:
        self.state = state
        self._changed(state)
