"""GGUF files: what each is, what it becomes, and which are to choose from."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mlxtui.convert import config_file, refusals, tokenizer_files
from mlxtui.convert.cache_shape import cache_shape
from mlxtui.convert.gguf.choices import (
    bits_per_weight,
    choices_of,
    parameter_count,
    quantization_of,
)
from mlxtui.convert.gguf.groups import Group, gguf_groups
from mlxtui.convert.gguf.parts import GgufParts, header_of, read_parts
from mlxtui.convert.gguf.purpose import is_of_senses, purpose_of, shown_name
from mlxtui.convert.source import FileSource, LocalSource, Source
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.plans import Contents

# What a folder of so many kinds needs in time is seconds; more are told by their names.
_MAX_HEADERS = 40

# Of files that turn out to be no models, before the first one's reason is told.
_MAX_TRIES = 4

_FLOATS = ("F32", "F16", "BF16", "")

# No model reads less since GPT-2; some converters write too small a number.
_SHORT_CONTEXT_TOKENS = 1024


def look_at_gguf(source: Source, file: str = "") -> Contents:
    """Tell what a folder of GGUF files is.

    Args:
        file: The one to look into; empty is the smallest that is a model.

    Raises:
        OSError: A file cannot be read.
    """
    groups = gguf_groups(source)
    known: dict[str, GgufParts] = {}
    if file:
        wanted = [group for group in groups if file in group.files]
        if not wanted:
            return Contents(
                kind="gguf",
                gguf=choices_of(groups, known),
                problem=_("There is no file {file} in it.").format(file=file),
                hint=_hint_of_choices(groups),
            )
    else:
        models = [group for group in groups if not group.is_beside_models] or groups
        wanted = sorted(models, key=lambda group: group.size_bytes)[:_MAX_TRIES]
    contents = None
    for group in wanted:
        found = look_at_group(source, group, known)
        contents = contents or found
        if not found.problem:
            contents = found
            break
    assert contents is not None  # without a GGUF file, nobody asks
    if isinstance(source, LocalSource | FileSource):
        for group in groups[:_MAX_HEADERS]:
            _read_quietly(source, group, known)
    if not contents.problem:
        parts = known.get(contents.weight_files[0])
        has_senses = any(group.is_projector for group in groups) or (
            parts is not None and any(map(is_of_senses, parts.tensors))
        )
        contents = replace(contents, hint=_what_is_to_be_known(contents, has_senses))
    return replace(contents, gguf=choices_of(groups, known))


def _what_is_to_be_known(contents: Contents, has_senses: bool) -> str:
    """Of a model that can be imported; empty where nothing is.

    Args:
        has_senses: Whether it has parts for pictures or sound, inside or beside it.
    """
    if has_senses:
        return _("Its part for text is used; pictures and sound are not understood.")
    if contents.context_length and contents.context_length < _SHORT_CONTEXT_TOKENS:
        return _(
            "The file says that it reads {count} tokens at most. If it was trained with"
            " more, raise max_position_embeddings in the new config.json."
        ).format(count=contents.context_length)
    return ""


def look_at_group(
    source: Source, group: Group, known: dict[str, GgufParts] | None = None
) -> Contents:
    """Tell what one GGUF file is, all its parts together; others are left out.

    Args:
        known: Gets what was read, by the group's first file.

    Raises:
        OSError: A file cannot be read.
    """
    contents = Contents(
        kind="gguf", size_bytes=group.size_bytes, weight_files=group.files
    )
    try:
        if group.missing:
            return _without_all_parts(source, group, contents)
        parts = read_parts(source, group.files)
    except ModelRefused as refusal:
        return replace(contents, problem=refusal.message, hint=refusal.hint)
    if known is not None:
        known[group.files[0]] = parts
    contents = _described(contents, parts)
    purpose = purpose_of(parts.facts, parts.tensors)
    if purpose.problem:
        return replace(
            contents, kind=purpose.kind, problem=purpose.problem, hint=purpose.hint
        )
    try:
        return _imported(contents, source, parts)
    except ModelRefused as refusal:
        return replace(contents, problem=refusal.message, hint=refusal.hint)


def _without_all_parts(source: Source, group: Group, contents: Contents) -> Contents:
    """What the first part that is there tells of a file that cannot be used."""
    header = header_of(source, group.files[0])
    purpose = purpose_of(header.facts, None)
    if not purpose.problem:
        purpose = purpose._replace(
            problem=_("It lacks {count} of its parts, the first is {name}.").format(
                count=len(group.missing), name=group.missing[0]
            ),
            hint=_(refusals.FETCH_AGAIN),
        )
    return replace(
        contents,
        kind=purpose.kind,
        architecture=shown_name(_architecture(header.facts)),
        problem=purpose.problem,
        hint=purpose.hint,
    )


def _read_quietly(source: Source, group: Group, known: dict[str, GgufParts]) -> None:
    """A damaged file beside the one that is looked into is told by its name alone."""
    if group.files[0] not in known and not group.missing:
        try:
            known[group.files[0]] = read_parts(source, group.files)
        except (ModelRefused, OSError):
            return


def _described(contents: Contents, parts: GgufParts) -> Contents:
    """With what its facts and tensors say."""
    facts = parts.facts
    architecture = _architecture(facts)
    template = facts.get("tokenizer.chat_template")
    quantization = quantization_of(parts)
    return replace(
        contents,
        architecture=shown_name(architecture),
        context_length=config_file.count(facts, f"{architecture}.context_length"),
        parameter_count=parameter_count(parts.tensors.values()) or None,
        bits_per_weight=bits_per_weight(parts.tensors),
        quantization=quantization,
        is_packed=quantization not in _FLOATS,
        layer_count=config_file.count(facts, f"{architecture}.block_count") or 0,
        capabilities=tokenizer_files.template_capabilities(
            template if isinstance(template, str) else ""
        ),
    )


def _architecture(facts: Any) -> str:
    return str(facts.get("general.architecture", ""))


def _imported(contents: Contents, source: Source, parts: GgufParts) -> Contents:
    """With what it becomes.

    Raises:
        ModelRefused: It cannot be taken over; the message says why.
        OSError: A file cannot be read.
    """
    # They take numpy along, which only those who look at such a file need.
    from mlxtui.convert.gguf.new_model import new_model
    from mlxtui.convert.gguf.source_description import SourceDescription
    from mlxtui.convert.gguf.tokenizer import (
        TEMPLATE_FAMILIES,
        check_tokenizer,
        offered_template,
    )
    from mlxtui.convert.gguf.vocabulary import check_vocabulary

    described = SourceDescription(source, contents.weight_files, parts)
    model = new_model(described)
    check_tokenizer(parts.facts)
    check_vocabulary(parts.headers[0])
    offer = ""
    families: tuple[str, ...] = ()
    if "chat" not in contents.capabilities:
        offer = offered_template(parts.facts, parts.headers[0].marks)
        families = TEMPLATE_FAMILIES
    text = config_file.text_config(model.config)
    return replace(
        contents,
        architecture=config_file.model_type(model.config),
        context_length=config_file.context_length(model.config)
        or contents.context_length,
        layer_count=config_file.count(text, "num_hidden_layers")
        or contents.layer_count,
        cache=cache_shape(model.config),
        float_bits=32 if model.float_type == "float32" else 16,
        gguf_forms=model.sizes(),
        template_offer=offer,
        template_families=families,
    )


def _hint_of_choices(groups: Sequence[Group]) -> str:
    names = [group.files[0] for group in groups if not group.is_beside_models]
    return _("Choose one of: {names}").format(names=", ".join(names[:12]))
