"""What is known of a repository, as text for its details."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.cells import cell_len
from textual.content import Content

from mlxtui.gguf_words import best_fit, choice_rows, lacks_file
from mlxtui.harmless import one_line
from mlxtui.i18n import _, ngettext
from mlxtui.plan_words import FIT_MARKS, contents_kind_text, context_text, fit_text
from mlxtui.plans import Contents, Fit, GgufChoice, MemoryNeed, Plan
from mlxtui.repositories import Repository
from mlxtui.ui.hub_descriptions import Described, NotDescribed
from mlxtui.ui.hub_rows import FORMAT_NAMES, HubRow
from mlxtui.units import bytes_text, count_text

FIT_STYLES: dict[Fit, str] = {
    "fits": "$text-success", "tight": "$text-warning", "too-big": "$text-error",
}  # fmt: skip

_MAX_FILES = 200


def title(name: str) -> Content:
    """The name, its owner quieter."""
    owner, slash, alias = one_line(name).rpartition("/")
    return Content.assemble(
        Content.styled(owner + slash, "$text-muted"), Content.styled(alias, "bold")
    )


def waiting_text(row: HubRow) -> Content:
    """While the hub has not answered."""
    waiting = Content.styled(_("Asking the hub…"), "$text-muted")
    parts = [Content.assemble(title(row.repo_id), "\n", waiting)]
    if row.note:
        parts.append(Content(row.note))
    return Content("\n\n").join(parts)


def problem_text(row: HubRow, problem: NotDescribed) -> Content:
    """Why nothing is known."""
    block = problem_block(problem.message, problem.hint)
    return Content.assemble(title(row.repo_id), "\n", block)


def problem_block(message: str, hint: str) -> Content:
    """What is wrong, and the next step."""
    return Content.assemble(
        Content.styled(f"✗ {one_line(message)}", "$text-error"), "\n", one_line(hint)
    )


def repository_text(row: HubRow, described: Described) -> Content:
    """All facts and files."""
    repository, plan = described.repository, described.plan
    name = title(str(repository.address))
    blocks = [Content.assemble(name, "\n", _outlook(plan))]
    if row.note:
        blocks.append(Content(row.note))
    if len(plan.contents.gguf) > 1:
        blocks.append(choice_table(plan.contents.gguf))
    if plan.memory and not lacks_file(plan):
        blocks.append(memory_table(plan.memory))
    blocks.append(fact_table(list(_facts(repository, plan))))
    files = [(one_line(file.path), file.size_bytes) for file in repository.files]
    heading = ngettext("{count} file", "{count} files", len(files))
    blocks.append(_sized(heading.format(count=len(files)), files[:_MAX_FILES]))
    if repository.card.strip():
        blocks.append(Content.styled(_("Model card"), "$text-muted"))
    return Content("\n\n").join(blocks)


def _outlook(plan: Plan) -> Content:
    """Whether it can be had, and how."""
    if lacks_file(plan):
        return _outlook_of_several(plan)
    problem, hint = plan.problem, plan.hint
    if not problem:
        problem, hint = plan.contents.problem, plan.contents.hint
    if problem:
        return problem_block(problem, hint)
    parts = []
    if plan.memory:
        fit = plan.memory[0].fit
        needed = _("needs {needed} of memory").format(
            needed=bytes_text(plan.memory[0].needed_bytes)
        )
        parts.append(
            Content.assemble(
                fit_content(fit),
                Content.styled(" · ", "$text-muted"),
                needed,
            )
        )
    if plan.fetch_bytes or plan.path is None:
        ways = _("Enter or p fetches it, q fetches and quantizes it.")
        parts.append(Content.styled(ways, "$text-muted"))
    else:
        parts.append(Content.styled(_("It is on this machine already."), "$text-muted"))
    return Content("\n").join(parts)


def _outlook_of_several(plan: Plan) -> Content:
    """How many there are to choose from, and whether one of them fits."""
    choices = plan.contents.gguf
    count = ngettext("{count} quantization", "{count} quantizations", len(choices))
    parts = [Content(count.format(count=len(choices)))]
    if fit := best_fit(choices):
        parts.insert(0, fit_content(fit))
    ways = _("Enter or p chooses one and fetches it, q quantizes one.")
    return Content.assemble(
        Content.styled(" · ", "$text-muted").join(parts),
        "\n",
        Content.styled(ways, "$text-muted"),
    )


def fit_content(fit: Fit) -> Content:
    """Mark and word in their colour."""
    return Content.styled(f"{FIT_MARKS[fit]} {fit_text(fit)}", FIT_STYLES[fit])


def memory_table(needs: Sequence[MemoryNeed]) -> Content:
    """What it takes with conversations of several lengths."""
    rows = [
        (context_text(need.context_tokens), bytes_text(need.needed_bytes), need.fit)
        for need in needs
    ]
    widths = [max(cell_len(row[place]) for row in rows) for place in (0, 1)]
    lines = [Content.styled(_("Memory, by the length of the context"), "$text-muted")]
    lines += [
        Content.assemble(
            f"{tokens:>{widths[0]}}   {needed:>{widths[1]}}   ", fit_content(fit)
        )
        for tokens, needed, fit in rows
    ]
    return Content("\n").join(lines)


def choice_table(choices: Sequence[GgufChoice]) -> Content:
    """The quantizations to choose from: each with its size, its bits and its fit."""
    lines = [Content.styled(_("Quantizations to choose from"), "$text-muted")]
    rows = choice_rows(choices, has_head=False)
    for choice, (mark, name, size, bits, _fit, file) in zip(choices, rows, strict=True):
        parts = [Content(f"{mark} {name}  {size}  {bits}")]
        if choice.fit:
            parts.append(fit_content(choice.fit))
        if not choice.quantization:  # else the list of files is enough
            parts.append(Content.styled(file.rstrip(), "$text-muted"))
        lines.append(Content("  ").join(parts))
    return Content("\n").join(lines)


def fact_table(facts: list[tuple[str, str]]) -> Content:
    """Labels beside what they say."""
    width = max(cell_len(label) for label, _value in facts)
    return Content("\n").join(
        Content.assemble(
            Content.styled(label + " " * (width - cell_len(label) + 2), "$text-muted"),
            value,
        )
        for label, value in facts
    )


def _facts(repository: Repository, plan: Plan) -> Iterator[tuple[str, str]]:
    contents = plan.contents
    yield _("Kind"), contents_kind_text(contents.kind)
    if lacks_file(plan):  # the weights are those of one of them
        contents = replace(
            contents, quantization="", bits_per_weight=None, size_bytes=0
        )
    yield from weight_facts(contents)
    if plan.fetch_bytes and not lacks_file(plan):
        yield _("To fetch"), bytes_text(plan.fetch_bytes)
        yield _("Disk"), _("{free} free").format(free=bytes_text(plan.disk_free_bytes))
    if contents.context_length:
        count = f"{contents.context_length:,}"
        yield _("Context"), _("{count} tokens").format(count=count)
    yield _("Architecture"), one_line(contents.architecture) or "–"
    yield _("Licence"), one_line(repository.license) or _("not stated")
    yield _("Access"), _access(repository)
    yield _("Downloads"), count_text(repository.downloads)
    yield _("Likes"), count_text(repository.likes)
    if repository.updated is not None:
        yield _("Updated"), repository.updated.date().isoformat()
    if repository.weight_formats:
        names = " ".join(FORMAT_NAMES[name] for name in repository.weight_formats)
        yield _("Format"), names
    if repository.base_models:
        yield _("Made from"), one_line(", ".join(repository.base_models))
    yield _("Commit"), repository.commit[:12]


def weight_facts(contents: Contents) -> Iterator[tuple[str, str]]:
    """What its weights are."""
    if contents.parameter_count is not None:
        yield _("Parameters"), count_text(contents.parameter_count)
    if contents.quantization:
        yield _("Quantization"), one_line(contents.quantization)
    if contents.bits_per_weight is not None:
        yield _("Bits per weight"), f"{contents.bits_per_weight:.2f}"
    if contents.size_bytes:
        yield _("Size"), bytes_text(contents.size_bytes)


def _access(repository: Repository) -> str:
    if repository.is_private:
        return _("private")
    if repository.is_gated:
        return _("gated: accept its licence first")
    return _("open to everyone")


def _sized(heading: str, files: list[tuple[str, int]]) -> Content:
    lines = [Content.styled(heading, "$text-muted")]
    lines += [
        Content.assemble(
            f"{bytes_text(size_bytes):>8}  ", Content.styled(name, "$text-muted")
        )
        for name, size_bytes in files
    ]
    return Content("\n").join(lines)
