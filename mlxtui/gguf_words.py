"""The words for GGUF files, the same on the screen, for commands and in logs."""

import unicodedata
from collections.abc import Sequence

from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.plan_words import FIT_MARKS, fit_text
from mlxtui.plans import Contents, Fit, GgufChoice, GgufForm, GgufOrigin, Plan
from mlxtui.recipes import GgufMode
from mlxtui.units import bytes_text

_NOT_KNOWN = "–"

# A Q8_0 and its few unpacked tensors: next to nothing is lost. What has more bits is
# slower and larger, and no better to read.
_ENOUGH_BITS = 9


def gguf_mode_text(mode: GgufMode) -> str:
    """How the weights of a GGUF file are taken over, in a word."""
    return {"faithful": _("faithful"), "exact": _("exact")}[mode]


def gguf_mode_meaning(mode: GgufMode) -> str:
    """The same in a sentence."""
    return {
        "faithful": _("The file's codes, with scales of 16 bits: small and quick."),
        "exact": _("Every weight to the last bit; takes more memory."),
    }[mode]


def bits_text(bits_per_weight: float | None) -> str:
    """Bits per weight as tables show them."""
    return _NOT_KNOWN if bits_per_weight is None else f"{bits_per_weight:.2f}"


def form_text(form: GgufForm) -> str:
    """What a file becomes in a mode: `faithful: 2.3 GB · 4.50 bits per weight`."""
    return _("{mode}: {size} · {bits} bits per weight").format(
        mode=gguf_mode_text(form.mode),
        size=bytes_text(form.size_bytes),
        bits=bits_text(form.bits_per_weight),
    )


def template_notice(contents: Contents) -> str:
    """That a GGUF file has no chat template; empty where it has one."""
    if contents.kind != "gguf" or contents.problem or "chat" in contents.capabilities:
        return ""
    return _(
        "The file has no chat template: without one the model continues a text instead"
        " of answering."
    )


def lacks_file(plan: Plan) -> bool:
    """Whether the source has several GGUF models of which none was named yet."""
    contents = plan.contents
    is_usable = contents.kind == "gguf" and not contents.problem
    named = plan.spec.file or (plan.address.file if plan.address else "")
    is_named = named.lower().endswith(".gguf")
    return is_usable and len(contents.gguf) > 1 and not is_named


def is_imported(plan: Plan) -> bool:
    """Whether a plan's GGUF file was made into a model already, so that nothing is to
    be done; `result_name` is its name."""
    is_gguf = plan.contents.kind == "gguf" and not plan.contents.problem
    return is_gguf and not plan.problem and not plan.steps and bool(plan.result_name)


def recommended_choice(choices: Sequence[GgufChoice]) -> GgufChoice | None:
    """The largest of at most 9 bits per weight that fits into this machine's memory;
    where all that fit have more, the smallest of them; None where none fits."""
    fitting = sorted(
        (choice for choice in choices if choice.fit == "fits"),
        key=lambda choice: choice.size_bytes,
    )
    packed = [
        choice
        for choice in fitting
        if choice.bits_per_weight is not None and choice.bits_per_weight <= _ENOUGH_BITS
    ]
    return packed[-1] if packed else next(iter(fitting), None)


def best_fit(choices: Sequence[GgufChoice]) -> Fit | None:
    """That of the one that fits best; None where nobody asked."""
    fits = {choice.fit for choice in choices}
    order: tuple[Fit, ...] = ("fits", "tight", "too-big")
    return next((fit for fit in order if fit in fits), None)


def choice_rows(
    choices: Sequence[GgufChoice], *, has_head: bool = True
) -> list[tuple[str, ...]]:
    """The quantizations of a repository as a table: its head, then a row for each.

    All cells of a column are equally wide, so that `"  ".join(row)` is a line.

    Args:
        choices: They keep their order.
        has_head: Whether the names of the columns are the first row.
    """
    head = ("", _("Quantization"), _("Size"), _("Bits"), _("Memory"), _("File"))
    recommended = recommended_choice(choices)
    rows = [
        (
            "★" if choice is recommended else "",
            one_line(choice.quantization) or _NOT_KNOWN,
            bytes_text(choice.size_bytes),
            bits_text(choice.bits_per_weight),
            f"{FIT_MARKS[choice.fit]} {fit_text(choice.fit)}" if choice.fit else "",
            one_line(choice.file),
        )
        for choice in choices
    ]
    return _in_columns([head, *rows] if has_head else rows, right_aligned=(2, 3))


def origin_facts(origin: GgufOrigin) -> list[tuple[str, str]]:
    """Which file a model was made of, and how: labels, and what belongs to them."""
    facts = [
        (_("GGUF file"), ", ".join(map(one_line, origin.files))),
        (_("SHA-256"), one_line(origin.sha256)),
        (_("Weights"), gguf_mode_text(origin.mode)),
    ]
    if origin.chat_template:
        facts.append((_("Chat template"), one_line(origin.chat_template)))
    return facts


def origin_rows(origin: GgufOrigin) -> list[tuple[str, ...]]:
    """What its tensors became as a table: its head, then a row for each type and form.

    All cells of a column are equally wide, so that `"  ".join(row)` is a line.
    """
    head = (
        _("Type"), _("Became"), _("Tensors"), _("Size"), _("Largest error"),
    )  # fmt: skip
    rows = [
        (
            one_line(each.type_name),
            one_line(each.form),
            str(each.count),
            bytes_text(each.size_bytes),
            f"{each.largest_error:.1e}" if each.largest_error else _("exact"),
        )
        for each in origin.types
    ]
    return _in_columns([head, *rows], right_aligned=(2, 3, 4))


def _in_columns(
    rows: Sequence[tuple[str, ...]], right_aligned: Sequence[int]
) -> list[tuple[str, ...]]:
    """Cells filled up with spaces, those of numbers from the left."""
    widths = [max(map(_cells, column)) for column in zip(*rows, strict=True)]
    return [
        tuple(
            _filled(cell, width, is_right_aligned=place in right_aligned)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _filled(cell: str, width: int, *, is_right_aligned: bool) -> str:
    gap = " " * (width - _cells(cell))
    return gap + cell if is_right_aligned else cell + gap


def _cells(text: str) -> int:
    """The width of a text in a terminal, as far as tables of plain words need it."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide
