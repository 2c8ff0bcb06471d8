"""A plan in lines: what the source is, what will be done, what it takes."""

from collections.abc import Iterator

from rich.cells import cell_len

from mlxtui.harmless import one_line
from mlxtui.i18n import _, ngettext
from mlxtui.plan_words import (
    FIT_MARKS,
    contents_text,
    context_text,
    fetch_text,
    fit_text,
    recipe_text,
    result_text,
    stage_text,
)
from mlxtui.plans import Fit, Plan
from mlxtui.ui.widgets.changing_lines import Line
from mlxtui.ui.widgets.prose import wrapped
from mlxtui.ui.widgets.shortened import shortened
from mlxtui.units import bytes_text

FIT_STYLES: dict[Fit, str] = {"fits": "good", "tight": "warning", "too-big": "bad"}

_GAP = 2
NARROW_CELLS = 60
"""From here on there is room for labels beside what belongs to them."""
_ARROW = " → "
_SEPARATOR = " · "
# A repository may have thousands of files; nobody reads more of them here.
_SHOWN_FILES = 200


def head_lines(plan: Plan, width: int) -> list[Line]:
    """Whose model it is, and what."""
    source = plan.source_name or str(plan.address or plan.spec.source)
    owner, slash, name = shortened(one_line(source), width).rpartition("/")
    what = _SEPARATOR.join(
        filter(None, (contents_text(plan.contents), one_line(plan.license)))
    )
    lines: list[Line] = [((owner + slash, "muted"), (name, "strong"))]
    return lines + prose_lines(what, "muted", width)


def label_cells() -> int:
    """The width of the column of labels, in the language in use."""
    labels = (
        _("To fetch"), _("Recipe"), _("Disk"), _("Result"), _("Memory"), _("Name"),
        _("Sent to"), _("Note"), _("Weights"), _("Template"),
    )  # fmt: skip
    return max(map(cell_len, labels)) + _GAP


def what_it_takes(plan: Plan, width: int) -> list[Line]:
    """Steps, bytes, disk and memory."""
    lines: list[Line] = [*_step_lines(plan, width), ()] if plan.steps else []
    if plan.address is not None:
        lines += _fact(_("To fetch"), fetch_text(plan), "", width)
    if not plan.spec.recipe.keeps_weights:
        lines += _fact(_("Recipe"), recipe_text(plan.spec.recipe), "", width)
    style = "bad" if plan.disk_free_after_bytes < 0 else ""
    disk = _("{free} free now, {after} when it is done").format(
        free=bytes_text(plan.disk_free_bytes),
        after=bytes_text(plan.disk_free_after_bytes),
    )
    lines += _fact(_("Disk"), disk, style, width)
    result = result_text(plan)
    if result:
        lines += _fact(_("Result"), result, "", width)
    lines += _memory_lines(plan, width)
    if plan.spec.upload_to:
        lines += _fact(_("Sent to"), one_line(plan.spec.upload_to), "", width)
    if plan.hint and not plan.problem:
        lines += _fact(_("Note"), one_line(plan.hint), "", width)
    return lines


def problem_lines(message: str, hint: str, width: int) -> list[Line]:
    """Why nothing can be done, and the next step."""
    lines = prose_lines(f"✗ {one_line(message)}", "bad", width)
    return lines + (prose_lines(one_line(hint), "", width) if hint else [])


def file_lines(plan: Plan, width: int) -> list[Line]:
    """Every file that is needed, with its size."""
    if not plan.files:
        return []
    lines: list[Line] = [((_("Files"), "strong"),)]
    for file in plan.files[:_SHOWN_FILES]:
        size = bytes_text(file.size_bytes)
        room = max(width - cell_len(size) - _GAP, 1)
        path = shortened(one_line(file.path), room)
        gap = " " * (room - cell_len(path) + _GAP)
        lines.append(((path, ""), (gap + size, "muted")))
    left_out = len(plan.files) - _SHOWN_FILES
    if left_out > 0:
        text = ngettext("… and {count} more", "… and {count} more", left_out)
        lines.append(((text.format(count=left_out), "muted"),))
    return lines


def prose_lines(text: str, part: str, width: int) -> list[Line]:
    """Sentences in one style."""
    return [((line, part),) for line in wrapped(text, width)]


def _fact(label: str, value: str, part: str, width: int) -> Iterator[Line]:
    """A value beside its label, wrapped in its own column."""
    cells = label_cells()
    for line in wrapped(value, width - cells):
        yield (label + " " * (cells - cell_len(label)), "muted"), (line, part)
        label = ""


def _step_lines(plan: Plan, width: int) -> list[Line]:
    """The stages in a row, with their bytes; in as many lines as they need."""
    lines: list[list[tuple[str, str]]] = [[]]
    room = width
    for number, step in enumerate(plan.steps):
        name = stage_text(step.stage)
        size = f" {bytes_text(step.size_bytes)}" if step.size_bytes else ""
        arrow = _ARROW if number else ""
        cells = cell_len(arrow + name + size)
        if lines[-1] and cells > room:
            lines.append([])
            room = width
            arrow = arrow.lstrip()
        room -= cells
        lines[-1] += [(arrow, "muted"), (name, "stage"), (size, "muted")]
    return [tuple(line) for line in lines]


def _memory_lines(plan: Plan, width: int) -> Iterator[Line]:
    """A line for each length of context; under their label where it is narrow."""
    if not plan.memory:
        return
    label, cells = _("Memory"), label_cells()
    contexts = [context_text(need.context_tokens) for need in plan.memory]
    if width >= NARROW_CELLS:
        contexts = [_("{length} of context").format(length=each) for each in contexts]
    else:
        yield ((label, "muted"),)
        label, cells = "", 0
    sizes = [bytes_text(need.needed_bytes) for need in plan.memory]
    context_cells = max(map(cell_len, contexts))
    size_cells = max(map(cell_len, sizes))
    for need, context, size in zip(plan.memory, contexts, sizes, strict=True):
        yield (
            (label + " " * (cells - cell_len(label)), "muted"),
            (context + " " * (context_cells - cell_len(context) + _GAP), ""),
            (" " * (size_cells - cell_len(size)) + size + "  ", ""),
            (f"{FIT_MARKS[need.fit]} {fit_text(need.fit)}", FIT_STYLES[need.fit]),
        )
        label = ""
