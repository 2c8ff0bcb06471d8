"""The command palette: every action, found by its name, meaning or slash command."""

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from mlxtui.i18n import _
from mlxtui.ui.actions import Action, key_text
from mlxtui.ui.messages import ActionRequested
from mlxtui.ui.places import ROOMS, all_actions


class ActionProvider(Provider):
    """Offers the registered actions."""

    async def discover(self) -> Hits:
        """All of them, while nothing is typed."""
        for action in all_actions():
            yield DiscoveryHit(
                palette_title(action),
                partial(self._do, action),
                help=self._help(action),
            )

    async def search(self, query: str) -> Hits:
        """Those whose name, meaning or slash command fits."""
        matcher = self.matcher(query)
        for action in all_actions():
            title = palette_title(action)
            score = max(
                matcher.match(title),
                matcher.match(_(action.meaning)) * 0.8,
                matcher.match(f"/{action.slash}") if action.slash else 0,
            )
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(title),
                    partial(self._do, action),
                    help=self._help(action),
                )

    def _do(self, action: Action) -> None:
        self.app.post_message(ActionRequested(action.name))

    def _help(self, action: Action) -> str:
        keys = getattr(self.app, "settings").keys  # noqa: B009
        parts = [_(action.meaning), key_text(keys.get(action.name, action.keys))]
        if action.slash:
            parts.append(f"/{action.slash}")
        return "  ·  ".join(parts)


def palette_title(action: Action) -> str:
    """An action's title, with its place: `Models: Load`."""
    for place in ROOMS:
        if action.place == place.NAME:
            return f"{_(place.TITLE)}: {_(action.title)}"
    return _(action.title)
