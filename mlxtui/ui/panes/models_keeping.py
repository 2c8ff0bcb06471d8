"""Models copied, renamed, removed, compared: the questions, and what comes of them."""

from collections.abc import Callable, Sequence
from functools import partial

from textual.widget import Widget

from mlxtui import names
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.events import Failed, ModelUnloaded
from mlxtui.backend.job_commands import (
    CompareQuantizations,
    CopyModel,
    PlanRemoval,
    RemoveModel,
    RenameModel,
)
from mlxtui.backend.job_events import (
    Event,
    ModelKept,
    ModelRemoved,
    QuantizationsCompared,
    RemovalPlanned,
)
from mlxtui.backend.ownership import check_copy, check_removal, check_rename
from mlxtui.errors import InvalidParameter, ModelRefused
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.types import LoadedModel, LocalModel, RequestId
from mlxtui.ui.messages import UnloadRequested
from mlxtui.ui.model_standing import is_same_model
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.screens.ask_name import AskName
from mlxtui.ui.screens.compare import CompareScreen
from mlxtui.ui.screens.confirm import Confirm
from mlxtui.ui.widgets.in_sight import is_in_sight
from mlxtui.units import bytes_text


class ModelKeeping:
    """Asks first, then tells the backend.

    Args:
        view: Where the models are listed; the requests to the app come from it.
        backend: It does what is asked.
        changed: Called when the list is another, with the name to go to; empty stays.
        go_to: Called with the name of a model that was chosen.
    """

    def __init__(
        self,
        view: Widget,
        backend: Backend,
        changed: Callable[[str], None],
        go_to: Callable[[str], None],
    ) -> None:
        self._view = view
        self._backend = backend
        self._changed = changed
        self._go_to = go_to
        self._asked: set[RequestId] = set()
        self._loaded: LoadedModel | None = None
        self._removed_when_unloaded: LocalModel | None = None

    def copy(self, model: LocalModel, models: Sequence[LocalModel]) -> None:
        """Ask for the copy's name, and make it."""
        if not self._allows(check_copy, model):
            return
        self._view.app.push_screen(
            AskName(
                _("Copy {name}").format(name=one_line(model.name)),
                _("The copy shares the weights, so it takes next to no room."),
                f"{_alias(model)}-copy",
                partial(_name_problem, models=models),
            ),
            partial(self._copy, model),
        )

    def _copy(self, model: LocalModel, new_name: str | None) -> None:
        if new_name:
            request_id = self._new_request()
            self._backend.submit(
                CopyModel(request_id=request_id, name=model.name, new_name=new_name)
            )

    def rename(self, model: LocalModel, models: Sequence[LocalModel]) -> None:
        """Ask for the new name, and give it."""
        if not self._allows(check_rename, model):
            return
        others = [other for other in models if other.name != model.name]
        self._view.app.push_screen(
            AskName(
                _("Rename {name}").format(name=one_line(model.name)),
                _("Other programs know it by its folder, which is renamed, too."),
                model.name,
                partial(_name_problem, models=others),
            ),
            partial(self._rename, model),
        )

    def _rename(self, model: LocalModel, new_name: str | None) -> None:
        if new_name and new_name != model.name:
            request_id = self._new_request()
            self._backend.submit(
                RenameModel(request_id=request_id, name=model.name, new_name=new_name)
            )

    def remove(self, model: LocalModel, loaded: LoadedModel | None) -> None:
        """Find out what is freed, ask, and remove it."""
        if not self._allows(check_removal, model):
            return
        self._loaded = loaded
        request_id = self._new_request()
        self._backend.submit(PlanRemoval(request_id=request_id, name=model.name))

    def compare(self, model: LocalModel) -> None:
        """Show what was made from the same model."""
        request_id = self._new_request()
        self._backend.submit(
            CompareQuantizations(request_id=request_id, name=model.name)
        )

    def receive(self, event: Event) -> None:
        """Take the answers to what was asked here."""
        if isinstance(event, ModelUnloaded):
            self._remove_unloaded(event)
        if event.request_id not in self._asked:
            return
        self._asked.discard(event.request_id)
        match event:
            case RemovalPlanned():
                if is_in_sight(self._view):
                    self._confirm_removal(event)
            case ModelKept(model=model):
                self._changed(model.name)
            case ModelRemoved(name=name, freed_bytes=freed_bytes):
                text = _("{name} is removed: {size} are free again.")
                size = bytes_text(freed_bytes)
                self._tell(text.format(name=one_line(name), size=size))
                self._changed("")
            case QuantizationsCompared(models=models):
                if is_in_sight(self._view):
                    self._view.app.push_screen(CompareScreen(models), self._chosen)
            case Failed(message=message, hint=hint):
                self._refuse(message, hint)
            case _:
                pass

    def _confirm_removal(self, plan: RemovalPlanned) -> None:
        lines = [_("Frees {size}.").format(size=bytes_text(plan.freed_bytes))]
        if plan.kept_bytes:
            sharing = ", ".join(plan.kept_for) or _("another program")
            lines.append(
                _("{size} stay, because others share them: {names}").format(
                    size=bytes_text(plan.kept_bytes), names=sharing
                )
            )
        is_loaded = self._loaded is not None and is_same_model(plan.model, self._loaded)
        if is_loaded:
            lines.append(_("It is loaded, and is unloaded first."))
        lines.append(str(plan.model.path))
        yes = _("Unload and remove") if is_loaded else _("Remove")
        title = _("Remove {name}?").format(name=one_line(plan.model.name))
        self._view.app.push_screen(
            Confirm(title, lines, yes),
            partial(self._remove, plan.model, unload=is_loaded),
        )

    def _remove(self, model: LocalModel, yes: bool | None, *, unload: bool) -> None:
        if not yes:
            return
        if unload:
            self._removed_when_unloaded = model
            self._ask_to_unload()
        else:
            self._remove_now(model)

    def _remove_now(self, model: LocalModel) -> None:
        request_id = self._new_request()
        self._backend.submit(RemoveModel(request_id=request_id, name=model.name))

    def _remove_unloaded(self, event: ModelUnloaded) -> None:
        model, loaded = self._removed_when_unloaded, self._loaded
        if model is not None and loaded is not None and event.path == loaded.path:
            self._removed_when_unloaded = None
            self._remove_now(model)

    def follow(self, state: ModelState) -> None:
        """Ask again where the first request only ended the load of another model."""
        model = self._removed_when_unloaded
        if model is None or state.phase != "ready" or state.loaded is None:
            return
        if is_same_model(model, state.loaded):
            # From the view itself: a message ends at its sender.
            self._view.call_next(self._ask_to_unload)

    def _ask_to_unload(self) -> None:
        self._view.post_message(UnloadRequested())

    def _chosen(self, name: str | None) -> None:
        if name is not None:
            self._go_to(name)

    def _allows(self, check: Callable[[LocalModel], None], model: LocalModel) -> bool:
        """Whether something may be done with a model; if not, it is said why."""
        try:
            check(model)
        except ModelRefused as refusal:
            self._refuse(refusal.message, refusal.hint)
            return False
        return True

    def _new_request(self) -> RequestId:
        request_id = new_request_id()
        self._asked.add(request_id)
        return request_id

    def _tell(self, text: str) -> None:
        self._view.notify(text, markup=False)

    def _refuse(self, message: str, hint: str) -> None:
        text = "\n".join(filter(None, (message, hint)))
        self._view.notify(text, severity="error", markup=False)


def _alias(model: LocalModel) -> str:
    return model.name.rpartition("/")[2]


def _name_problem(name: str, models: Sequence[LocalModel]) -> str:
    try:
        names.check_new_name(name, models)
    except InvalidParameter as error:
        return f"{error.message} {error.hint}"
    return ""
