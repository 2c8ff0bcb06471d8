"""The command line: options, subcommands and their errors, read by Click."""

import importlib
from typing import Any

import click

from mlxtui import __version__
from mlxtui.cli.error_line import print_error
from mlxtui.i18n import N_, _

_COMMANDS = {
    "run": ("mlxtui.cli.run", N_("Answer on standard output, or chat line by line")),
    "search": ("mlxtui.cli.search", N_("Search Hugging Face for models")),
    "pull": ("mlxtui.cli.making", N_("Fetch a model from Hugging Face")),
    "convert": (
        "mlxtui.cli.making",
        N_("Make an MLX model of a file or a folder"),
    ),
    "quantize": ("mlxtui.cli.making", N_("Store a model in fewer bits")),
    "list": ("mlxtui.cli.library", N_("List the models on this machine")),
    "show": ("mlxtui.cli.show", N_("Show what is known of a model")),
    "cp": ("mlxtui.cli.keeping", N_("Copy a model; its weights take no room again")),
    "mv": ("mlxtui.cli.keeping", N_("Give a model another name")),
    "rm": ("mlxtui.cli.keeping", N_("Remove a model from the disk")),
    "config": ("mlxtui.cli.config", N_("Show or change the settings")),
    "doctor": ("mlxtui.cli.doctor", N_("Say what is wrong here, and what to do")),
    "bench": ("mlxtui.cli.bench", N_("Measure a model's speed and memory")),
    "completion": ("mlxtui.cli.completion", N_("Print a shell's completion script")),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they run, not for the help of all.

    The pattern is Click's own: https://click.palletsprojects.com/en/stable/complex/
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands without importing them."""
        with formatter.section(_("Commands")):
            formatter.write_dl(
                [(name, _(text)) for name, (_module, text) in _COMMANDS.items()]
            )


def make_group() -> click.Group:
    """The root command, with its texts in the language in use."""

    @click.group(
        cls=LazyGroup,
        invoke_without_command=True,
        help=_(
            "Run language models on your own machine. Without a command, the"
            " full-screen app opens and chats with the built-in model."
        ),
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    @click.version_option(__version__, message="mlxtui %(version)s")
    @click.option(
        "--model", metavar="NAME", help=_("Start the app with this model or folder.")
    )
    @click.option(
        "--no-model", is_flag=True, help=_("Start the app without loading a model.")
    )
    @click.pass_context
    def group(ctx: click.Context, model: str | None, no_model: bool) -> None:
        if ctx.invoked_subcommand is None:
            from mlxtui.cli.start import start_app

            ctx.exit(start_app(model, no_model=no_model))

    return group


def run_command(arguments: list[str]) -> int:
    """Run what was typed.

    Returns:
        The exit code: 2 for wrong usage, 130 for Ctrl+C.

    Raises:
        MlxTuiError: The command failed.
    """
    try:
        code: Any = make_group().main(
            args=arguments, prog_name="mlxtui", standalone_mode=False
        )
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        hint = ""
        if isinstance(error, click.UsageError) and error.ctx is not None:
            hint = _("`{command} --help` shows how it is used.").format(
                command=error.ctx.command_path
            )
        print_error(error.format_message(), hint)
        return error.exit_code
    except click.Abort:
        return 130
    return code if isinstance(code, int) else 0
