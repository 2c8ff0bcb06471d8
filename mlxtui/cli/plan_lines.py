"""A plan as lines for a terminal."""

from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.plan_words import (
    contents_text,
    fetch_text,
    memory_text,
    result_text,
    stage_text,
)
from mlxtui.plans import Plan, PlanStep
from mlxtui.units import bytes_text


def plan_rows(plan: Plan) -> list[tuple[str, str]]:
    """What a job will do: labels, and what belongs to them."""
    rows = [
        (_("Source"), one_line(plan.source_name)),
        (_("What it is"), contents_text(plan.contents)),
    ]
    if plan.files:
        rows.append((_("To fetch"), fetch_text(plan)))
    if plan.disk_needed_bytes:
        rows.append(
            (
                _("Disk"),
                _("{free} free, {after} after").format(
                    free=bytes_text(plan.disk_free_bytes),
                    after=bytes_text(plan.disk_free_after_bytes),
                ),
            )
        )
    if plan.steps:
        rows.append((_("Steps"), " → ".join(map(_step_text, plan.steps))))
    if plan.result_name:
        rows.append((_("Result"), _result_text(plan)))
    if plan.memory:
        rows.append((_("Memory"), " · ".join(map(memory_text, plan.memory))))
    if plan.spec.upload_to:
        rows.append((_("Sent to"), one_line(plan.spec.upload_to)))
    if plan.hint and not plan.problem:
        rows.append((_("Note"), one_line(plan.hint)))
    return rows


def _step_text(step: PlanStep) -> str:
    return stage_text(step.stage)


def _result_text(plan: Plan) -> str:
    return " · ".join(filter(None, (one_line(plan.result_name), result_text(plan))))
