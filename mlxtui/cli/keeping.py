"""`mlxtui cp`, `mv` and `rm`: what is kept, and under which name."""

import click

from mlxtui import settings
from mlxtui.backend import keeping, removal
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.job_commands import RemoveModel
from mlxtui.backend.job_events import ModelRemoved
from mlxtui.cli.completion import complete_model
from mlxtui.cli.questions import confirm
from mlxtui.cli.session import open_session
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.units import bytes_text


@click.command("cp", help=_("Copy a model; its weights take no room again."))
@click.argument("name", metavar=_("MODEL"), shell_complete=complete_model)
@click.argument("new_name", metavar=_("NAME"))
def cp_command(name: str, new_name: str) -> None:
    """Make a second model of the same files."""
    model = keeping.copy_model(name, new_name, settings.load())
    click.echo(one_line(str(model.path)))


@click.command("mv", help=_("Give a model of the models folder another name."))
@click.argument("name", metavar=_("MODEL"), shell_complete=complete_model)
@click.argument("new_name", metavar=_("NAME"))
def mv_command(name: str, new_name: str) -> None:
    """Rename a model."""
    model = keeping.rename_model(name, new_name, settings.load())
    click.echo(one_line(str(model.path)))


@click.command("rm", help=_("Remove a model from the disk."))
@click.argument("name", metavar=_("MODEL"), shell_complete=complete_model)
@click.option("--yes", "-y", is_flag=True, help=_("Do not ask"))
def rm_command(name: str, yes: bool) -> None:
    """Say what is freed, ask, and remove it."""
    used = settings.load()
    plan = removal.plan_removal(name, used)
    click.echo(removal_text(plan), err=True)
    if not yes:
        question = _("Remove {name}?").format(name=one_line(plan.model.name))
        confirm(question, default=False)
    with open_session(used) as session:
        command = RemoveModel(request_id=new_request_id(), name=plan.model.name)
        session.ask(command, ModelRemoved)


def removal_text(plan: removal.RemovalPlan) -> str:
    """What a removal frees, and what stays for whom."""
    text = _("{path}: {size} will be free.").format(
        path=one_line(str(plan.model.path)), size=bytes_text(plan.freed_bytes)
    )
    if plan.kept_for:
        others = ", ".join(map(one_line, plan.kept_for))
        return f"{text} " + _("{size} stay, which {names} use, too.").format(
            size=bytes_text(plan.kept_bytes), names=others
        )
    if plan.kept_bytes:
        return f"{text} " + _("{size} stay, which other programs use.").format(
            size=bytes_text(plan.kept_bytes)
        )
    return text
