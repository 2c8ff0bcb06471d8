"""An app that goes by the settings: language, colours, keys and motion."""

from collections.abc import Mapping
from dataclasses import replace

from textual.reactive import reactive

from mlxtui import i18n, settings
from mlxtui.errors import SettingsError
from mlxtui.i18n import _
from mlxtui.settings import Settings
from mlxtui.ui import themes
from mlxtui.ui.key_rules import usable_keys
from mlxtui.ui.messages import SettingChanged
from mlxtui.ui.places import all_actions
from mlxtui.ui.terminal_app import TerminalApp


class SettingsApp(TerminalApp):
    """Uses settings as soon as they change, and writes them to their file."""

    settings: reactive[Settings] = reactive(Settings(), init=False)

    def use_settings(self, used: Settings) -> None:
        """Use settings from now on, without keys that cannot be."""
        keys, problems = usable_keys(used.keys, tuple(all_actions()))
        if problems:
            self.call_later(self.notify_error, "\n".join(problems))
        self.settings = replace(used, keys=keys)

    def save_settings(self, texts: Mapping[str, str]) -> None:
        """Write settings, given as texts by their names, and use them."""
        try:
            self.use_settings(settings.save_values(dict(texts)))
            self.settings_saved()
        except SettingsError as error:
            self.notify_error(error.message, error.hint)

    def settings_saved(self) -> None:
        """Others than the screen go by the settings, too."""

    def language_changed(self) -> None:
        """Every text is to be shown in another language."""

    def on_setting_changed(self, message: SettingChanged) -> None:
        """Write a setting, and use it."""
        self.save_settings({message.key: message.text})

    def watch_settings(self, used: Settings) -> None:
        """Use language, theme, keys and motion as they are set."""
        language_before = i18n.current_language()
        i18n.set_language(used.language)
        # Without colours only the styles of the 16-colour theme tell things apart.
        self.theme = "ansi" if self.no_color else used.theme
        self.animation_level = "none" if used.reduced_motion else "full"
        self.set_keymap(dict(used.keys))
        if self.is_running and i18n.current_language() != language_before:
            self.language_changed()

    def action_theme(self, name: str = "") -> None:
        """Take a theme by its name, or the next one."""
        names = [theme.name for theme in themes.THEMES]
        if name and name not in names:
            self.notify_error(
                _("There is no theme {name}.").format(name=name), ", ".join(names)
            )
            return
        following = names[(names.index(self.theme) + 1) % len(names)]
        self.save_settings({"theme": name or following})

    def action_language(self, name: str = "") -> None:
        """Switch to a language, or to the next one."""
        if name and name not in i18n.LANGUAGES:
            self.notify_error(
                _("There is no language {name}.").format(name=name),
                ", ".join(i18n.LANGUAGES),
            )
            return
        other = "en" if i18n.current_language() == "ja" else "ja"
        self.save_settings({"language": name or other})
