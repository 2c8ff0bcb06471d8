"""A plan as lines for a terminal."""

from mlxtui.gguf_words import choice_rows, form_text, lacks_file, template_notice
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
    if lacks_file(plan):
        return rows + _choices(plan)
    rows += _gguf_rows(plan)
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


def _choices(plan: Plan) -> list[tuple[str, str]]:
    """The quantizations of which one must be named first."""
    first, *others = ("  ".join(row) for row in choice_rows(plan.contents.gguf))
    return [(_("Choose one"), first), *(("", line) for line in others)]


def _gguf_rows(plan: Plan) -> list[tuple[str, str]]:
    """What a GGUF file becomes in each mode, and whether it has a chat template."""
    rows: list[tuple[str, str]] = []
    contents, spec = plan.contents, plan.spec
    if spec.recipe.keeps_weights:
        for form in contents.gguf_forms:
            label = "" if rows else _("Weights")
            is_chosen = form.mode == spec.gguf_mode
            text = ("● " if is_chosen else "○ ") + form_text(form)
            if form.mode == "exact" and not is_chosen:
                text += "  (--exact)"
            rows.append((label, text))
    if notice := template_notice(contents):
        text = one_line(spec.chat_template) or notice
        if contents.template_offer and not spec.chat_template:
            text = _("{notice} `--template {family}` adds one.").format(
                notice=notice, family=one_line(contents.template_offer)
            )
        elif contents.template_families and not spec.chat_template:
            text = _("{notice} `--template FAMILY` adds one: {families}.").format(
                notice=notice, families=", ".join(contents.template_families)
            )
        rows.append((_("Chat template"), text))
    return rows


def _step_text(step: PlanStep) -> str:
    return stage_text(step.stage)


def _result_text(plan: Plan) -> str:
    return " · ".join(filter(None, (one_line(plan.result_name), result_text(plan))))
