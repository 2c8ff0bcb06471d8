"""GGUF files: what each is, and which of several are to choose from."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from mlxtui.convert import refusals
from mlxtui.convert.gguf.header import GgufHeader, read_gguf_header
from mlxtui.convert.gguf.types import FILE_TYPES
from mlxtui.convert.source import LocalSource, Source
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.plans import Contents, ContentsKind, GgufChoice

_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
_NAMED_TYPE = re.compile(
    r"(?<![A-Z0-9])(MXFP4|BF16|F16|F32|I?Q\d(?:_[A-Z0-9]+)*|TQ\d_\d)(?![A-Z0-9])",
    re.IGNORECASE,
)

# Architectures of llama.cpp that do not write text.
_EMBEDDERS = frozenset({
    "bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3",
    "modern-bert", "gemma-embedding", "t5encoder", "eurobert",
})  # fmt: skip
_OTHERS = frozenset({
    "clip", "wavtokenizer-dec", "flux", "sd1", "sd3", "sdxl", "aura", "hidream",
    "cosmos", "ltxv", "hyvid", "wan", "qwen_image", "lumina2", "whisper",
})  # fmt: skip

# What a folder of so many kinds needs in time is seconds; more are told by their names.
_MAX_HEADERS = 40
_MAX_PARTS = 64


class Group(NamedTuple):
    """A GGUF file, or all parts of a split one."""

    files: tuple[str, ...]
    """The first part first."""
    missing: tuple[str, ...]
    size_bytes: int

    @property
    def is_projector(self) -> bool:
        """Named as the part for pictures of another model."""
        return "mmproj" in self.files[0].rpartition("/")[2].lower()


def gguf_groups(source: Source) -> list[Group]:
    """The GGUF files of a source, the parts of split ones together."""
    files = source.files()
    found: dict[tuple[str, int], list[str]] = {}
    for name in sorted(files):
        if name.lower().endswith(".gguf"):
            match = _PART.search(name)
            key = (name[: match.start()], int(match[2])) if match else (name, 1)
            found.setdefault(key, []).append(name)
    groups = []
    for (stem, total), names in found.items():
        missing: Iterable[str] = ()
        if len(names) < total:
            wanted = (
                f"{stem}-{n:05d}-of-{total:05d}.gguf" for n in range(1, total + 1)
            )
            missing = [name for name in wanted if name not in names]
        size_bytes = sum(files[name] for name in names)
        groups.append(Group(tuple(names), tuple(missing), size_bytes))
    return groups


def look_at_gguf(source: Source, file: str = "") -> Contents:
    """Tell what a folder of GGUF files is.

    Args:
        file: The one to look into; empty is the smallest.

    Raises:
        OSError: A file cannot be read.
    """
    groups = gguf_groups(source)
    headers: dict[str, GgufHeader] = {}
    wanted = groups
    if file:
        wanted = [group for group in groups if file in group.files]
        if not wanted:
            return Contents(
                kind="gguf",
                gguf=_choices(groups, headers),
                problem=_("There is no file {file} in it.").format(file=file),
                hint=_hint_of_choices(groups),
            )
    models = [group for group in wanted if not group.is_projector] or wanted
    looked_into = min(models, key=lambda group: group.size_bytes)
    contents = Contents(
        kind="gguf", size_bytes=looked_into.size_bytes, weight_files=looked_into.files
    )
    try:
        header = _header(source, looked_into.files[0])
    except ModelRefused as refusal:
        return replace(
            contents,
            gguf=_choices(groups, headers),
            problem=refusal.message,
            hint=refusal.hint,
        )
    headers[looked_into.files[0]] = header
    if isinstance(source, LocalSource):
        for group in groups[:_MAX_HEADERS]:
            _read_quietly(source, group.files[0], headers)
    contents = _described(contents, header, _all_headers(source, looked_into, header))
    contents = replace(contents, gguf=_choices(groups, headers))
    problem, hint = _problem(looked_into, header)
    return replace(contents, kind=_kind(header), problem=problem, hint=hint)


def _header(source: Source, file: str) -> GgufHeader:
    try:
        return read_gguf_header(source, file, source.files()[file])
    except ValueError as error:
        raise ModelRefused(
            _("{file} is damaged: {reason}").format(file=file, reason=error),
            hint=_(refusals.FETCH_FILE_AGAIN),
        ) from error


def _read_quietly(source: Source, file: str, headers: dict[str, GgufHeader]) -> None:
    """A damaged file beside the one that is looked into is told by its name alone."""
    if file not in headers:
        try:
            headers[file] = _header(source, file)
        except (ModelRefused, OSError):
            return


def _all_headers(source: Source, group: Group, first: GgufHeader) -> list[GgufHeader]:
    """Those of all parts, as far as they can be read."""
    headers = {group.files[0]: first}
    for file in group.files[1:_MAX_PARTS]:
        _read_quietly(source, file, headers)
    return list(headers.values())


def _described(
    contents: Contents, header: GgufHeader, parts: Sequence[GgufHeader]
) -> Contents:
    architecture = str(header.facts.get("general.architecture", ""))
    context = header.facts.get(f"{architecture}.context_length")
    count = sum(tensor.size for part in parts for tensor in part.tensors.values())
    layers = header.facts.get(f"{architecture}.block_count")
    template = header.facts.get("tokenizer.chat_template")
    return replace(
        contents,
        architecture=architecture,
        context_length=context if type(context) is int and context > 0 else None,
        parameter_count=count or None,
        bits_per_weight=contents.size_bytes * 8 / count if count else None,
        quantization=quantization_of(parts),
        is_packed=quantization_of(parts) not in ("F32", "F16", "BF16", ""),
        layer_count=layers if type(layers) is int and 0 < layers < 2**20 else 0,
        capabilities=("chat",) if isinstance(template, str) and template else (),
    )


def quantization_of(parts: Sequence[GgufHeader]) -> str:
    """How most weights are stored; llama.cpp's name for the mix where it agrees."""
    sizes: dict[str, int] = {}
    for part in parts:
        for tensor in part.tensors.values():
            if len(tensor.shape) > 1:
                known = sizes.get(tensor.type_name, 0)
                sizes[tensor.type_name] = known + tensor.size
    most = max(sizes, key=lambda name: sizes[name], default="")
    said = FILE_TYPES.get(parts[0].facts.get("general.file_type", -1), "")
    return said if most and said.startswith(most) else most


def _choices(
    groups: Sequence[Group], headers: dict[str, GgufHeader]
) -> tuple[GgufChoice, ...]:
    choices = []
    for group in groups:
        header = headers.get(group.files[0])
        if group.is_projector or (header and not _writes_text(header)):
            continue
        if header and header.tensors:
            quantization = quantization_of([header])
        else:
            named = _NAMED_TYPE.findall(group.files[0])
            quantization = named[-1].upper() if named else ""
        choices.append(
            GgufChoice(
                file=group.files[0],
                quantization=quantization,
                size_bytes=group.size_bytes,
            )
        )
    return tuple(sorted(choices, key=lambda choice: choice.size_bytes))


def _writes_text(header: GgufHeader) -> bool:
    architecture = header.facts.get("general.architecture")
    kind = header.facts.get("general.type", "model")
    return kind == "model" and architecture not in _EMBEDDERS | _OTHERS


def _kind(header: GgufHeader) -> ContentsKind:
    if header.facts.get("general.type") == "adapter":
        return "adapter"
    return "gguf" if _writes_text(header) else "other"


def _problem(group: Group, header: GgufHeader) -> tuple[str, str]:
    """Why it cannot become a model here, and what to do: this version converts none."""
    architecture = str(header.facts.get("general.architecture", ""))
    kind = str(header.facts.get("general.type", "model"))
    other = _("Choose a chat or text-generation model.")
    if kind == "adapter":
        return (
            _("It is an adapter in GGUF form, not a whole model."),
            _("Take the adapter's safetensors version."),
        )
    if kind == "mmproj" or architecture == "clip":
        return _("It is the part for pictures of another model (a projector)."), other
    if kind == "imatrix":
        return _("It holds measurements for quantizing (an importance matrix)."), other
    if architecture in _EMBEDDERS:
        return (
            _(
                "It ({kind}) is an embedding model in GGUF form; it writes no text."
            ).format(kind=architecture),
            _("Take its safetensors version, made for sentence-transformers."),
        )
    if architecture in _OTHERS or kind != "model":
        return (
            _("It ({kind}) is not a model that writes text.").format(
                kind=architecture or kind
            ),
            other,
        )
    if group.missing:
        return (
            _("It lacks {count} of its parts, the first is {name}.").format(
                count=len(group.missing), name=group.missing[0]
            ),
            _(refusals.FETCH_AGAIN),
        )
    if not header.tensors:
        return _("It holds a vocabulary only, without weights."), other
    return (
        _("It is a GGUF file, which this version cannot convert."),
        _("Take the safetensors or MLX version of the model."),
    )


def _hint_of_choices(groups: Sequence[Group]) -> str:
    names = [group.files[0] for group in groups if not group.is_projector]
    return _("Choose one of: {names}").format(names=", ".join(names[:12]))
