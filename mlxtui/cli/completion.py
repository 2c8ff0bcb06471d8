"""`mlxtui completion`, and what completes to a model's name."""

import click
from click.shell_completion import CompletionItem, get_completion_class

from mlxtui.i18n import _

_SHELLS = ("zsh", "bash", "fish")


def complete_model(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of models that begin like this, or folders and files for a path."""
    from mlxtui import names, settings
    from mlxtui.backend.library_scan import scan_library

    if names.looks_like_path(incomplete):
        return [CompletionItem(incomplete, type="file")]
    return [
        CompletionItem(model.name)
        for model in scan_library(settings.load())
        if model.name.lower().startswith(incomplete.lower()) and not model.problem
    ]


@click.command(
    "completion",
    help=_(
        "Print a completion script. For zsh, add to ~/.zshrc:"
        ' eval "$(mlxtui completion zsh)"'
    ),
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    """Print the script that Click makes for a shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root().command
    click.echo(kind(root, {}, "mlxtui", "_MLXTUI_COMPLETE").source())
