"""Questions on a terminal, before something is done."""

import sys

import click

from mlxtui.cli.session import keyboard_interrupts
from mlxtui.i18n import _

_DECLINED = 1


def is_asked() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_number(question: str, largest: int, usual: int | None) -> int:
    """Ask for a number from 1 on.

    Args:
        usual: What Enter means; None is nothing.

    Raises:
        click.Abort: Ctrl+C, or the end of the input.
    """
    kind = click.IntRange(1, largest)
    try:
        with keyboard_interrupts():
            return int(click.prompt(question, default=usual, type=kind, err=True))
    except click.Abort:
        click.echo(err=True)  # what comes next begins a line
        raise


def confirm(question: str, *, default: bool) -> None:
    """Ask whether to go on; without a terminal nobody is there to be asked.

    Raises:
        click.exceptions.Exit: The answer was no.
        click.Abort: Ctrl+C, or the end of the input.
    """
    if not is_asked():
        return
    try:
        with keyboard_interrupts():
            is_wanted = click.confirm(question, default=default, err=True)
    except click.Abort:
        click.echo(err=True)  # what comes next begins a line
        raise
    if not is_wanted:
        click.echo(_("Nothing was done."), err=True)
        raise click.exceptions.Exit(_DECLINED)
