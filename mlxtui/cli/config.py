"""`mlxtui config`: the settings and the folders."""

import json

import click

from mlxtui import paths, settings
from mlxtui.i18n import _


@click.group("config", help=_("Show or change the settings."))
def config_command() -> None:
    """The settings."""


@config_command.command("show", help=_("List all settings with their values."))
@click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts"))
def show(as_json: bool) -> None:
    """Print every setting, its value and what it does."""
    used = settings.load()
    if as_json:
        click.echo(json.dumps(used.model_dump(mode="json"), indent=1))
        return
    for key, value in used.model_dump(mode="json").items():
        text = ":".join(value) if isinstance(value, list) else value
        click.echo(f"{key} = {'' if text is None else text}")
        click.echo(f"    {settings.description(key)}")


def _complete_key(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[str]:
    return [key for key in settings.keys() if key.startswith(incomplete)]


@config_command.command(
    "set", help=_("Change a setting; an empty value brings the default back.")
)
@click.argument("key", shell_complete=_complete_key)
@click.argument("value")
def set_value(key: str, value: str) -> None:
    """Write one setting."""
    used = settings.save_value(key, value)
    new = used.model_dump(mode="json")[key]
    text = ":".join(new) if isinstance(new, list) else new
    click.echo(f"{key} = {'' if text is None else text}")


@config_command.command("path", help=_("Show where mlxtui keeps its files."))
def path() -> None:
    """Print the folders."""
    click.echo(f"{_('Settings')}\t{paths.settings_file()}")
    click.echo(f"{_('Data')}\t{paths.data_dir()}")
    click.echo(f"{_('Cache')}\t{paths.cache_dir()}")
    click.echo(f"{_('Log')}\t{paths.log_file()}")
