"""The lines of the settings place: every setting, and every action with its keys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlxtui import settings
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.settings import (
    KEYS_PREFIX,
    SETTINGS,
    Flag,
    Folder,
    Keys,
    Number,
    Origin,
    Setting,
    Settings,
)
from mlxtui.ui.actions import Action, key_text


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One line, its texts in the language in use."""

    key: str
    """As `settings.parse` takes it: `theme`, or `keys.chat.new`."""
    group: str
    title: str
    meaning: str
    setting: Setting
    text: str
    """Its value as it would be typed; empty for a secret."""
    shown: str
    """Its value for the list."""
    default: str
    """Its default, for the details."""
    is_default: bool
    origin: Origin
    action: Action | None = None
    """Whose keys they are, where it is a line of keys."""


def setting_rows(
    used: Settings, origins: Mapping[str, Origin], actions: Sequence[Action]
) -> Iterator[SettingRow]:
    """Every line, in the order of the list.

    Args:
        origins: Where the values come from, as `settings.read` says.
        actions: Every action of the app.
    """
    defaults = Settings()
    for key in settings.keys():
        setting = SETTINGS[key]
        if isinstance(setting, Keys):
            yield from _key_rows(setting, used, origins, actions)
            continue
        value, usual = getattr(used, key), getattr(defaults, key)
        yield SettingRow(
            key=key,
            group=_(setting.group),
            title=_(setting.title),
            meaning=_(setting.meaning),
            setting=setting,
            text=setting.text(value),
            shown=_shown(setting, value),
            default=_shown(setting, usual),
            is_default=value == usual,
            origin=origins[key],
        )


def _shown(setting: Setting, value: Any) -> str:
    text = setting.shown(value)
    if isinstance(setting, Number):
        return f"{text} {setting.unit}"
    if isinstance(setting, Flag):
        return _("on") if text == "on" else _("off")
    if isinstance(setting, Folder) and not text:
        return _("mlxtui's own")
    return one_line(text) or _("none")


def _key_rows(
    setting: Keys,
    used: Settings,
    origins: Mapping[str, Origin],
    actions: Sequence[Action],
) -> Iterator[SettingRow]:
    places = {one.parameters[0]: _(one.title) for one in actions if one.verb == "go"}
    # Stable, so that each place's keep their order.
    for action in sorted(actions, key=lambda one: one.place != "app"):
        place = places.get(action.place, _("everywhere"))
        key = KEYS_PREFIX + action.name
        text = used.keys.get(action.name, action.keys)
        yield SettingRow(
            key=key,
            group=_("{keys}: {place}").format(keys=_(setting.group), place=place),
            title=_(action.title),
            meaning=_(action.meaning),
            setting=setting,
            text=text,
            shown=key_text(text),
            default=key_text(action.keys),
            is_default=text == action.keys,
            origin=origins.get(key, "default"),
            action=action,
        )
