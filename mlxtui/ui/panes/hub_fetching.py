"""What is done with a repository of the hub: opened, fetched, quantized."""

from collections.abc import Callable
from dataclasses import replace

from textual.widget import Widget

from mlxtui.gguf_words import lacks_file
from mlxtui.plans import JobSpec, Plan
from mlxtui.ui.hub_descriptions import Described, Descriptions
from mlxtui.ui.messages import ActionRequested, PlanRequested
from mlxtui.ui.quantize_facts import QuantizeFacts, facts_of_choice, facts_of_described
from mlxtui.ui.widgets.in_sight import is_in_sight

Do = Callable[[Described], None]


class HubFetching:
    """Waits for the hub's answer where it is not there yet, then asks for a plan.

    Args:
        view: Where the repositories are listed; the requests to the app come from it.
        descriptions: What the hub said of them.
        address_now: The address of the repository under the cursor; empty without one.
    """

    def __init__(
        self, view: Widget, descriptions: Descriptions, address_now: Callable[[], str]
    ) -> None:
        self._view = view
        self._descriptions = descriptions
        self._address_now = address_now
        self._waiting: tuple[str, Do] | None = None

    def open(self) -> None:
        """Chat with what is on this machine already; show the plan of all else."""
        self._with_described(self._open)

    def pull(self) -> None:
        """Show the plan of fetching the repository under the cursor."""
        self._with_described(self._pull)

    def quantize(self, ask: Callable[[QuantizeFacts], None]) -> None:
        """Ask how the repository under the cursor is to be quantized."""
        self._with_described(lambda described: self._quantize(described, ask))

    def descriptions_changed(self) -> None:
        """Go on with what waits for the hub's answer, if it has come."""
        if self._waiting is None:
            return
        address, do = self._waiting
        known = self._descriptions.of(address)
        if known is None:
            return
        self._waiting = None
        if self._address_now() != address or not is_in_sight(self._view):
            return  # the user looks at something else by now
        if isinstance(known, Described):
            do(known)
        else:
            text = "\n".join(filter(None, (known.message, known.hint)))
            self._view.notify(text, severity="error", markup=False)

    def _with_described(self, do: Do) -> None:
        """Do it now, or as soon as the hub has answered."""
        address = self._address_now()
        if not address:
            return
        known = self._descriptions.of(address)
        if isinstance(known, Described):
            do(known)
        else:
            self._waiting = (address, do)
            self._descriptions.ask(address, "cursor")

    def _open(self, described: Described) -> None:
        plan = described.plan
        is_here = plan.path is not None and not plan.fetch_bytes
        if is_here and plan.contents.kind == "mlx" and not plan.problem:
            name = described.repository.address.repo_id
            self._view.post_message(ActionRequested("models.chat", name))
        else:
            self._pull(described)

    def _pull(self, described: Described) -> None:
        address = described.repository.address
        spec = JobSpec(source=str(address), file=address.file)

        def planned(file: str) -> None:
            self._view.post_message(PlanRequested(replace(spec, file=file)))

        if lacks_file(described.plan):
            self._choose(described.plan, planned)
        else:
            planned(spec.file)

    def _quantize(
        self, described: Described, ask: Callable[[QuantizeFacts], None]
    ) -> None:
        facts, plan = facts_of_described(described), described.plan
        if not lacks_file(plan):
            ask(facts)
            return
        choices = {choice.file: choice for choice in plan.contents.gguf}
        self._choose(plan, lambda file: ask(facts_of_choice(facts, choices[file])))

    def _choose(self, plan: Plan, do: Callable[[str], None]) -> None:
        from mlxtui.ui.screens.choose_file import ChooseFile

        def chosen(file: str | None) -> None:
            if file is not None:
                do(file)

        page = ChooseFile(plan.source_name or str(plan.address), plan.contents.gguf)
        self._view.app.push_screen(page, chosen)
