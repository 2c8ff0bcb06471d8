"""`mlxtui config`: the settings and the folders."""

import json
import sys
from typing import Any

import click

from mlxtui import paths, settings
from mlxtui.cli.error_line import print_error
from mlxtui.cli.setup import setup_command
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.settings import SETTINGS, Origin, Settings


@click.group("config", help=_("Show or change the settings."))
def config_command() -> None:
    """The settings."""


config_command.add_command(setup_command)


@config_command.command("show", help=_("List all settings with their values."))
@click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts"))
def show(as_json: bool) -> None:
    """Print every setting, its value, whose it is and what it may be."""
    reading = settings.read()
    if reading.problems:
        raise reading.problems[0]
    used = reading.settings
    if as_json:
        values = {key: _json_value(key, used) for key in settings.keys()}
        click.echo(json.dumps(values, indent=1, default=str))
    else:
        for key in settings.keys():
            origin = _origin_text(key, reading.origins[key])
            for line in _lines(key, used) or [f"{key} ="]:
                click.echo(one_line(line))
            click.echo(f"    {settings.description(key)}")
            click.echo(f"    {SETTINGS[key].allowed()} · {origin}")
    for notice in reading.notices:
        print_error(notice.message, notice.hint)


def _lines(key: str, used: Settings) -> list[str]:
    """A setting as it would be typed; `keys` has a line for each action."""
    value: Any = getattr(used, key)
    if key == "keys":
        return [f"keys.{action} = {keys}" for action, keys in value.items()]
    return [f"{key} = {SETTINGS[key].shown(value)}".rstrip()]


def _json_value(key: str, used: Settings) -> Any:
    """The value of a setting; of a secret whether it is set."""
    value = getattr(used, key)
    return bool(value) if isinstance(SETTINGS[key], settings.Secret) else value


def _origin_text(key: str, origin: Origin) -> str:
    if origin == "environment":
        return _("from the variable {name}").format(name=settings.variable(key))
    return _("from the settings file") if origin == "file" else _("the default")


def _complete_key(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[str]:
    return [key for key in settings.keys() if key.startswith(incomplete)]


def _complete_value(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[str]:
    setting = SETTINGS.get(ctx.params.get("key", ""))
    words: list[str] = []
    if isinstance(setting, settings.Choice):
        words = list(setting.choices)
    elif isinstance(setting, settings.Flag):
        words = ["on", "off"]
    return [word for word in words if word.startswith(incomplete)]


@config_command.command(
    "set",
    help=_(
        "Change a setting; an empty value brings the default back. Without VALUE a"
        " secret is asked for, or read from standard input, so that no shell keeps it."
    ),
)
@click.argument("key", shell_complete=_complete_key)
@click.argument("value", required=False, shell_complete=_complete_value)
def set_value(key: str, value: str | None) -> None:
    """Write one setting."""
    if value is None:
        value = _asked(key)
    used = settings.save_value(key, value)
    lines = _lines(key.partition(".")[0], used)
    if key.startswith(settings.KEYS_PREFIX):
        lines = [line for line in lines if line.startswith(f"{key} = ")]
    for line in lines:
        click.echo(one_line(line))
    if settings.origin(key) == "environment":
        text = _("The value is saved, but the variable {name} overrides it.")
        click.echo(text.format(name=settings.variable(key)), err=True)


def _asked(key: str) -> str:
    """The value of a secret, which is not shown while it is typed.

    Raises:
        SettingsError: There is no such setting.
        click.UsageError: It is no secret, or nothing comes: its value was forgotten.
    """
    setting = settings.setting_of(key)
    value = ""
    if isinstance(setting, settings.Secret):
        if sys.stdin.isatty():
            return str(click.prompt(_(setting.title), hide_input=True))
        value = sys.stdin.readline().strip()
    if not value:
        raise click.UsageError(_("The VALUE of {key} is missing.").format(key=key))
    return value


@config_command.command("path", help=_("Show where mlxtui keeps its files."))
def path() -> None:
    """Print the folders."""
    click.echo(f"{_('Settings')}\t{paths.settings_file()}")
    click.echo(f"{_('Data')}\t{paths.data_dir()}")
    click.echo(f"{_('Cache')}\t{paths.cache_dir()}")
    click.echo(f"{_('Log')}\t{paths.log_file()}")
