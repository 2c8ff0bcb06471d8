"""What a plan says of GGUF files: which of several, how large, made before or not."""

import shlex
from dataclasses import replace
from pathlib import Path

from mlxtui.backend.gguf_imports import find_import
from mlxtui.backend.plan_memory import memory_for_models
from mlxtui.backend.plan_source import PlanSource
from mlxtui.convert.gguf.groups import gguf_paths
from mlxtui.errors import ModelRefused
from mlxtui.gguf_words import recommended_choice
from mlxtui.hub.library import Folder
from mlxtui.i18n import _, ngettext
from mlxtui.inference import machine_memory
from mlxtui.plans import Contents, GgufChoice, GgufForm, JobSpec, fit_of
from mlxtui.settings import Settings

# Of a row that every type can cut into blocks and MLX into groups.
_ROW = (1, 256)


def with_fits(contents: Contents, settings: Settings) -> Contents:
    """The choices with their fits: whether what each becomes goes into memory."""
    free_bytes, total_bytes = memory_for_models(settings)
    cache_bytes = machine_memory.cache_to_load(contents.cache, contents.context_length)

    def with_fit(choice: GgufChoice) -> GgufChoice:
        weight_bytes = _faithful_bytes(choice, contents)
        needed_bytes = machine_memory.needed_bytes(weight_bytes, cache_bytes)
        return replace(choice, fit=fit_of(needed_bytes, free_bytes, total_bytes))

    return replace(contents, gguf=tuple(map(with_fit, contents.gguf)))


def form_of_spec(contents: Contents, spec: JobSpec) -> GgufForm | None:
    """What the chosen file becomes in the mode that is wanted."""
    for form in contents.gguf_forms:
        if form.mode == spec.gguf_mode:
            return form
    return None


def problem_of_choice(source: PlanSource) -> tuple[str, str]:
    """That one of several files is to be chosen, and how; empty where it was."""
    choices = source.contents.gguf
    count = len(choices)
    if source.file or count < 2:
        return "", ""
    proposed = recommended_choice(choices) or choices[0]
    return (
        ngettext(
            "It holds {count} model in GGUF form, of which one is to be chosen.",
            "It holds {count} models in GGUF form, of which one is to be chosen.",
            count,
        ).format(count=count),
        _("Say which: --file {name}").format(name=shlex.quote(proposed.file)),
    )


def problem_of_wishes(spec: JobSpec, contents: Contents) -> tuple[str, str]:
    """That what is wanted of a GGUF file cannot be had; empty where it can."""
    wants_exact, family = spec.gguf_mode == "exact", spec.chat_template
    if contents.kind != "gguf" and (wants_exact or family):
        return (
            _("Only GGUF files are taken over exactly or get a chat template."),
            _("Leave --exact and --template away."),
        )
    if family and "chat" in contents.capabilities:
        return (
            _("It has a chat template of its own."),
            _("Leave --template away."),
        )
    return _problem_of_family(family) if family else ("", "")


def made_before(spec: JobSpec, source: PlanSource, settings: Settings) -> Folder | None:
    """What was imported of the same file in the same mode, under any name but another
    one than is asked for."""
    contents = source.contents
    if contents.kind != "gguf" or contents.problem or not spec.recipe.keeps_weights:
        return None
    files: tuple[Path, ...] = ()
    if source.path is not None:
        files = gguf_paths(source.path, contents.weight_files[0])
    remote = source.repository.files if source.repository is not None else ()
    wanted = {file.path: file for file in remote if file.path in contents.weight_files}
    found = find_import(
        spec,
        files,
        [wanted[name] for name in contents.weight_files if name in wanted],
        settings,
    )
    if found is None or spec.name.lower() not in ("", found.name.lower()):
        return None
    return found


def _problem_of_family(family: str) -> tuple[str, str]:
    from mlxtui.convert.gguf.tokenizer.families import TEMPLATE_FAMILIES

    if family in TEMPLATE_FAMILIES:
        return "", ""
    return (
        _("There is no chat template of the name {family}.").format(family=family),
        _("Families: {families}").format(families=", ".join(TEMPLATE_FAMILIES)),
    )


def _faithful_bytes(choice: GgufChoice, contents: Contents) -> int:
    """What a file takes when it was imported faithfully, as nearly as is known."""
    if contents.gguf_forms and choice.file == contents.weight_files[0]:
        return contents.gguf_forms[0].size_bytes
    return round(choice.size_bytes * _growth(choice.quantization))


def _growth(quantization: str) -> float:
    """How much larger a type is in MLX's form than in the file."""
    from mlxtui.convert.gguf.types import block_sizes
    from mlxtui.convert.gguf.weights.forms import form_of

    # `Q4_K_M` is mostly Q4_K: the longest type that the mix begins with.
    names = [name for name in block_sizes() if quantization.startswith(name)]
    type_name = max(names, key=len, default="")
    if not type_name:
        return 1.0
    elements, block_bytes = block_sizes()[type_name]
    try:
        form = form_of(type_name, _ROW, "faithful", "float16", can_pack=True)
    except ModelRefused:
        return 1.0
    return form.bits_per_weight(_ROW) / (block_bytes * 8 / elements)
