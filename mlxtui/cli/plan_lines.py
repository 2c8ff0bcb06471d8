"""A plan as lines for a terminal."""

from mlxtui.harmless import one_line
from mlxtui.i18n import _, ngettext
from mlxtui.plan_words import contents_text, memory_text, stage_text
from mlxtui.plans import Plan, PlanStep
from mlxtui.units import bytes_text


def plan_rows(plan: Plan) -> list[tuple[str, str]]:
    """What a job will do: labels, and what belongs to them."""
    rows = [
        (_("Source"), one_line(plan.source_name)),
        (_("What it is"), contents_text(plan.contents)),
    ]
    if plan.files:
        rows.append((_("To fetch"), _fetch_text(plan)))
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
    return rows


def _fetch_text(plan: Plan) -> str:
    count = len(plan.files)
    text = ngettext("{size} in {count} file", "{size} in {count} files", count).format(
        size=bytes_text(plan.fetch_bytes), count=count
    )
    here_bytes = sum(file.size_bytes for file in plan.files) - plan.fetch_bytes
    if here_bytes <= 0:
        return text
    return _("{files}, {size} are here already").format(
        files=text, size=bytes_text(here_bytes)
    )


def _step_text(step: PlanStep) -> str:
    return stage_text(step.stage)


def _result_text(plan: Plan) -> str:
    parts = [one_line(plan.result_name)]
    if plan.result_size_bytes:
        parts.append(bytes_text(plan.result_size_bytes))
    if plan.result_bits_per_weight:
        parts.append(
            _("{bits} bits per weight").format(
                bits=f"{plan.result_bits_per_weight:.2f}"
            )
        )
    return " · ".join(parts)
