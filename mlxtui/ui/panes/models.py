"""The place of models: those of this machine, and behind them those of the hub."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from mlxtui.backend.backend import Backend
from mlxtui.backend.job_events import Event
from mlxtui.i18n import _
from mlxtui.plans import JobSpec, Plan
from mlxtui.types import LocalModel
from mlxtui.ui.actions import Action, bindings
from mlxtui.ui.messages import PlanRequested, UnloadRequested
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.panes.models_actions import HUB_ONLY, LIBRARY_ONLY, ModelsInfo
from mlxtui.ui.panes.models_hub import HubView
from mlxtui.ui.panes.models_library import LibraryView
from mlxtui.ui.place import Place
from mlxtui.ui.quantize_facts import (
    QuantizeFacts,
    facts_of_contents,
    facts_of_model,
)
from mlxtui.ui.style_files import add_styles
from mlxtui.ui.widgets.in_sight import is_in_sight


class ModelsPane(ModelsInfo, Place):
    """Shows the library or the hub, and brings each action to the one it is for."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(ModelsInfo.ACTIONS)

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self._library = LibraryView(backend)
        self._made_hub: HubView | None = None

    def compose(self) -> ComposeResult:
        yield self._library

    @property
    def library(self) -> LibraryView:
        """The models of this machine."""
        return self._library

    @property
    def hub(self) -> HubView | None:
        """The hub, when it is what is shown."""
        made = self._made_hub
        return made if made is not None and made.display else None

    def on_opened(self) -> None:
        """Look again: other programs fetch models, too."""
        (self.hub or self._library).opened()

    def focus_first(self) -> None:
        """The table of what is shown has the keys."""
        (self.hub or self._library).focus_first()

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        self._library.retranslate()
        if self._made_hub is not None:
            self._made_hub.retranslate()

    async def receive(self, event: Event) -> None:
        """Pass it on to both views."""
        # Not called from here: what a view then posts would end here, at its sender,
        # as Textual sees it.
        self._library.call_next(self._library.receive, event)
        if self._made_hub is not None:
            self._made_hub.call_next(self._made_hub.receive, event)

    def watch_model_state(self, before: ModelState, state: ModelState) -> None:
        """Mark the model that is loaded or on its way."""
        self._library.show_state(before, state)

    # The two views

    async def _show_hub(self) -> HubView:
        if self._made_hub is None:
            # A card is drawn as an answer is.
            add_styles(self.app, "transcript")
            add_styles(self.app, "hub")
            self._made_hub = HubView(self.backend)
            self._library.display = False
            await self.mount(self._made_hub)
        elif not self._made_hub.display:
            self._library.display = False
            self._made_hub.display = True
            self._made_hub.opened()
        self.refresh_bindings()
        return self._made_hub

    def _show_library(self) -> None:
        if self._made_hub is not None and self._made_hub.display:
            self._made_hub.display = False
            self._library.display = True
            self._library.opened()
            self._library.focus_first()
            self.refresh_bindings()

    def offers(self, action: Action) -> bool:
        """Each view has keys of its own."""
        if action.verb in (LIBRARY_ONLY if self.hub else HUB_ONLY):
            return False
        return super().offers(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc goes on to others when there is nothing to leave."""
        if action == "back":
            return self.hub is not None or self._library.has_filter
        return True

    def _with_local(self, name: str, do: Callable[[LocalModel], None]) -> None:
        """Do it with a model of this machine: the one that is named, or the current."""
        if name:
            self._show_library()
        elif self.hub is not None:
            self.notify(_("Esc goes back to the models of this machine."))
            return
        self._library.use.with_one(name, do)

    # What the user asks for

    def action_chat(self, argument: str = "") -> None:
        """Open a chat with a model; on the hub, fetch it first."""
        self._load(argument, then_chat=True)

    def action_load(self, argument: str = "") -> None:
        """Load a model for the chat; on the hub, fetch it first."""
        self._load(argument, then_chat=False)

    def _load(self, name: str, *, then_chat: bool) -> None:
        if self.hub is None or name:
            self._with_local(name, partial(self._library.use.load, then_chat=then_chat))
        elif then_chat:
            self.hub.fetching.open()
        else:
            self.hub.fetching.pull()

    def action_unload(self) -> None:
        """Free the memory of the loaded model."""
        if self.model_state.loaded is None:
            self.notify(_("No model is loaded."), markup=False)
        else:
            self.post_message(UnloadRequested())

    async def action_find(self, argument: str = "") -> None:
        """Search the hub."""
        (await self._show_hub()).find(argument)

    async def on_library_view_find_requested(
        self, message: LibraryView.FindRequested
    ) -> None:
        """Look on the hub for what is not here."""
        message.stop()
        await self.action_find(message.words)

    async def action_pull(self, argument: str = "") -> None:
        """Fetch a repository: the one that is named, or the one under the cursor."""
        if argument:
            self.post_message(PlanRequested(JobSpec(source=argument.strip())))
        elif self.hub is not None:
            self.hub.fetching.pull()
        else:
            await self.action_find()

    def action_quantize(self, argument: str = "") -> None:
        """Ask how a model is to be packed."""
        if self.hub is not None and not argument:
            self.hub.fetching.quantize(self._ask_recipe)
        else:
            self._with_local(argument, self._quantize)

    def _quantize(self, model: LocalModel) -> None:
        if model.problem or model.kind not in ("model", "gguf"):
            self._library.use.load(model, then_chat=False)  # which says why not
        elif model.source == "path":
            self._library.plan(model, partial(self._quantize_folder, model))
        else:
            self._ask_recipe(facts_of_model(model))

    def _quantize_folder(self, model: LocalModel, plan: Plan) -> None:
        needed_bytes = plan.memory[0].needed_bytes if plan.memory else 0
        self._ask_recipe(
            facts_of_contents(
                plan.contents,
                source=str(model.path),
                name=model.name,
                needed_bytes=needed_bytes,
            )
        )

    def _ask_recipe(self, facts: QuantizeFacts) -> None:
        from mlxtui.ui.screens.quantize_form import QuantizeForm

        if not is_in_sight(self):
            return
        library = self._library
        form = QuantizeForm(facts, library.models, library.memory)
        self.app.push_screen(form, self._plan)

    def _plan(self, spec: JobSpec | None) -> None:
        if spec is not None:
            self.post_message(PlanRequested(spec))

    def action_compare(self, argument: str = "") -> None:
        """Show what was made from the same model, side by side."""
        self._with_local(argument, self._library.keeping.compare)

    def action_copy_model(self, argument: str = "") -> None:
        """Ask for a copy's name, and make it."""
        keeping = self._library.keeping
        self._with_local(
            argument, lambda model: keeping.copy(model, self._library.models)
        )

    def action_rename(self, argument: str = "") -> None:
        """Ask for another name, and give it."""
        keeping = self._library.keeping
        self._with_local(
            argument, lambda model: keeping.rename(model, self._library.models)
        )

    def action_remove(self, argument: str = "") -> None:
        """Show what a removal frees, and do it when the user says so."""
        keeping = self._library.keeping
        self._with_local(
            argument, lambda model: keeping.remove(model, self.model_state.loaded)
        )

    def action_publish(self, argument: str = "") -> None:
        """Ask where a model is to be sent to, and show the plan."""
        self._with_local(argument, self._publish)

    def _publish(self, model: LocalModel) -> None:
        from mlxtui.ui.screens.ask_repository import AskRepository

        if model.problem:
            self._library.use.refuse(model.problem, model.hint)
            return

        def chosen(repo_id: str | None) -> None:
            if repo_id is not None:
                self._plan(JobSpec(source=str(model.path), upload_to=repo_id))

        self.app.push_screen(AskRepository(model), chosen)

    async def action_kind(self, argument: str = "") -> None:
        """Look for another kind of model on the hub."""
        await self._take("kind", argument)

    async def action_format(self, argument: str = "") -> None:
        """Look for another format on the hub."""
        await self._take("format", argument)

    async def action_sort(self, argument: str = "") -> None:
        """Sort by the next column, or by the one that is named."""
        if self.hub is not None:
            await self._take("order", argument)
        else:
            self._library.sort(argument)

    async def _take(self, group: str, word: str) -> None:
        known = (await self._show_hub()).take(group, word)
        if known:
            self._library.use.refuse(
                _("There is no {word} to choose.").format(word=word), known
            )

    def action_filter(self, argument: str = "") -> None:
        """Type what the models must have, or take it as typed."""
        if self.hub is not None and not argument:
            self.hub.find("")
        else:
            self._show_library()
            self._library.filter(argument)

    def action_back(self) -> None:
        """Go back: from the field to the table, from the hub to the library."""
        if self.hub is None:
            self._library.show_all()
        elif not self.hub.leave():
            self._show_library()

    def action_rescan(self) -> None:
        """Look for models again, or ask the hub again."""
        if self.hub is not None:
            self.hub.ask_again()
        else:
            self._library.rescan()

    def action_copy_path(self) -> None:
        """Copy the folder of the model, or the address of the repository."""
        if self.hub is not None:
            self.hub.copy_address()
        else:
            self._library.copy_path()
