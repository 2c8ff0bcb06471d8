"""What a plan says of a GGUF file, in lines: both modes, its template, its model."""

from collections.abc import Sequence

from rich.cells import cell_len

from mlxtui.gguf_words import (
    bits_text,
    gguf_mode_meaning,
    gguf_mode_text,
    template_notice,
)
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.plans import Contents, GgufForm, JobSpec, Plan
from mlxtui.ui.plan_lines import NARROW_CELLS, label_cells, prose_lines
from mlxtui.ui.widgets.changing_lines import Line
from mlxtui.ui.widgets.prose import wrapped
from mlxtui.units import bytes_text

_GAP = 2


def form_lines(forms: Sequence[GgufForm], spec: JobSpec, width: int) -> list[Line]:
    """What a file becomes in each mode, and what the chosen one means."""
    if not forms:
        return []
    bits_form = _("{bits} bits per weight")
    if width < NARROW_CELLS:
        bits_form = _("{bits} bits")
    modes = [gguf_mode_text(form.mode) for form in forms]
    sizes = [bytes_text(form.size_bytes) for form in forms]
    mode_cells = max(map(cell_len, modes))
    size_cells = max(map(cell_len, sizes))
    lines: list[Line] = []
    for form, mode, size in zip(forms, modes, sizes, strict=True):
        bits = bits_form.format(bits=f"{bits_text(form.bits_per_weight):>5}")
        gap = " " * (mode_cells - cell_len(mode) + _GAP)
        figures = f"{size:>{size_cells}}{' ' * _GAP}{bits}"
        style = "" if form.mode == spec.gguf_mode else "muted"
        lines.append(((_indent(width) + mode + gap + figures, style),))
    return lines + _indented(gguf_mode_meaning(spec.gguf_mode), "muted", width)


def template_lines(contents: Contents, spec: JobSpec, width: int) -> list[Line]:
    """That a file has no chat template, and whether it gets one."""
    notice = template_notice(contents)
    if not notice:
        return []
    if spec.chat_template:
        text = _("The file has no chat template; it gets that of {family}.").format(
            family=one_line(spec.chat_template)
        )
        return _indented(text, "muted", width)
    return _indented(f"▲ {notice}", "warning", width)


def imported_lines(plan: Plan, width: int) -> list[Line]:
    """That the file was made into a model already."""
    text = _("It is here already, made of the same file: {name}").format(
        name=one_line(plan.result_name)
    )
    return prose_lines(f"✓ {text}", "good", width)


def _indent(width: int) -> str:
    """Where there is room, lines stand below the choices that they belong to."""
    return " " * label_cells() if width >= NARROW_CELLS else ""


def _indented(text: str, part: str, width: int) -> list[Line]:
    indent = _indent(width)
    return [((indent + line, part),) for line in wrapped(text, width - len(indent))]
