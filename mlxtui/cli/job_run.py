"""From a plan to a model: asks for both, and shows how far the job is."""

from dataclasses import replace

import click

from mlxtui import names
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.job_commands import MakePlan, StartJob
from mlxtui.backend.job_events import JobAccepted, PlanMade
from mlxtui.backend.job_info import JobInfo
from mlxtui.backend.library_scan import scan_library
from mlxtui.cli.job_progress import reporter
from mlxtui.cli.lines import json_text, table_lines
from mlxtui.cli.plan_lines import plan_rows
from mlxtui.cli.questions import ask_number, is_asked
from mlxtui.cli.session import Session
from mlxtui.errors import JobRefused
from mlxtui.gguf_words import choice_rows, lacks_file, recommended_choice
from mlxtui.i18n import _
from mlxtui.plans import JobSpec, Plan
from mlxtui.settings import Settings
from mlxtui.types import LocalModel

_INTERRUPTED = 130


def make_plan(session: Session, spec: JobSpec, *, as_json: bool = False) -> Plan:
    """The plan of a spec that can be carried out.

    Of several GGUF files the user chooses one; without a terminal they are listed.

    Args:
        as_json: Write that list as JSON, for scripts.

    Raises:
        JobRefused: It cannot be carried out, or something must be said first.
        MlxTuiError: Not even that can be told.
    """
    plan = ask_for_plan(session, spec)
    if lacks_file(plan):
        file = _chosen_file(plan, as_json=as_json)
        plan = ask_for_plan(session, replace(spec, file=file))
    if plan.problem:
        raise JobRefused(plan.problem, plan.hint)
    if plan.question:
        raise JobRefused(
            plan.question,
            hint=_("`--allow-code` says yes. mlxtui itself never runs such code."),
        )
    return plan


def ask_for_plan(session: Session, spec: JobSpec) -> Plan:
    """The plan of a spec, whatever speaks against it.

    Raises:
        MlxTuiError: Not even that can be told.
    """
    command = MakePlan(request_id=new_request_id(), spec=spec)
    return session.ask(command, PlanMade).plan


def show_plan(plan: Plan) -> None:
    """Write it for the user."""
    for line in table_lines(plan_rows(plan)):
        click.echo(line, err=True)


def run_job(session: Session, spec: JobSpec, *, as_json: bool = False) -> JobInfo:
    """Start a job and show it until it has finished.

    Raises:
        MlxTuiError: It failed.
        click.exceptions.Exit: It was stopped.
    """
    accepted = session.ask(
        StartJob(request_id=new_request_id(), spec=spec), JobAccepted
    )
    shown = reporter(as_json=as_json)
    try:
        for job in session.follow(accepted.job_id):
            shown.show(job)
    finally:
        shown.close()
    if job.state != "finished":
        click.echo(_("Stopped. The same command goes on with it."), err=True)
        raise click.exceptions.Exit(_INTERRUPTED)
    return job


def made_model(job: JobInfo, used: Settings) -> LocalModel:
    """The job's model, by its folder: its name may mean another one by now."""
    models = scan_library(used)
    for model in models:
        if model.path == job.result_path:
            return model
    return names.resolve(job.result_name, models)


def _chosen_file(plan: Plan, *, as_json: bool) -> str:
    """The file that the user chooses.

    Raises:
        JobRefused: There is nobody to choose.
    """
    choices = plan.contents.gguf
    if as_json:
        listed = [
            {
                "file": each.file,
                "quantization": each.quantization,
                "size_bytes": each.size_bytes,
                "bits_per_weight": each.bits_per_weight,
                "fit": each.fit,
            }
            for each in choices
        ]
        click.echo(json_text({"choices": listed}))
        raise JobRefused(plan.problem, plan.hint)
    head, *rows = choice_rows(choices)
    numbers = [f"{number:>3}" for number in range(1, len(rows) + 1)]
    for number, row in zip(["   ", *numbers], [head, *rows], strict=True):
        click.echo("  ".join((number, *row)).rstrip(), err=True)
    if not is_asked():
        raise JobRefused(plan.problem, plan.hint)
    recommended = recommended_choice(choices)
    usual = choices.index(recommended) + 1 if recommended else None
    chosen = ask_number(_("Which one?"), len(choices), usual)
    return choices[chosen - 1].file
