"""A model of this machine is chosen: the one that is meant, and what comes of it."""

from collections.abc import Callable
from functools import partial

from textual.widget import Widget

from mlxtui import names
from mlxtui.errors import ModelNotFound
from mlxtui.harmless import one_line
from mlxtui.plans import JobSpec
from mlxtui.types import LocalModel
from mlxtui.ui.messages import LoadRequested, PlanRequested
from mlxtui.ui.model_scan import ModelScan
from mlxtui.ui.model_standing import capability_phrases
from mlxtui.ui.widgets.model_table import ModelTable

Do = Callable[[LocalModel], None]


class ModelUse:
    """Loads models; a GGUF file is imported first, unless that was done.

    Args:
        view: Where the models are listed; the requests to the app come from it.
        scan: The models.
        table: Its cursor counts where none is named.
    """

    def __init__(self, view: Widget, scan: ModelScan, table: ModelTable) -> None:
        self._view = view
        self._scan = scan
        self._table = table

    def with_one(self, name: str, do: Do) -> None:
        """Do it with the model of that name, or with the one under the cursor."""
        if not name:
            model = self._table.current
            if model is not None:
                do(model)
            return
        try:
            model = names.resolve(name, self._scan.models)
        except ModelNotFound:
            # It may have come since: nothing was looked for yet, or a job is done.
            self._scan.look(partial(self._with_found, name, do))
        else:
            do(model)

    def _with_found(self, name: str, do: Do) -> None:
        try:
            model = names.resolve(name, self._scan.models)
        except ModelNotFound as error:
            self.refuse(error.message, error.hint)
        else:
            do(model)

    def load(self, model: LocalModel, *, then_chat: bool) -> None:
        """Ask the app to load a model."""
        if model.problem:
            self.refuse(model.problem, model.hint)
        elif model.kind == "gguf":
            self._load_imported(model, then_chat=then_chat)
        elif model.kind != "model":
            phrase = capability_phrases(model)[0]
            self.refuse(f"{one_line(model.name)}: {phrase}", "")
        else:
            self._view.post_message(LoadRequested(model, then_chat=then_chat))

    def _load_imported(self, model: LocalModel, *, then_chat: bool) -> None:
        """What was made of a GGUF file; the plan of an import where nothing was."""
        if model.imported_as:
            made = names.to_load(model, self._scan.models)
            self.load(made, then_chat=then_chat)
        else:
            self._view.post_message(PlanRequested(JobSpec(source=str(model.path))))

    def refuse(self, message: str, hint: str) -> None:
        """Say why something cannot be done."""
        text = "\n".join(filter(None, (message, hint)))
        self._view.notify(text, severity="error", markup=False)
