"""A folder with a `config.json`: a language model for mlx-lm, or why it is none."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from mlxtui.convert import (
    architectures,
    config_file,
    counting,
    foreign,
    refusals,
    tokenizer_files,
)
from mlxtui.convert.cache_shape import cache_shape
from mlxtui.convert.source import LocalSource, Source
from mlxtui.convert.weight_files import Weights, read_weights, weight_names
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.plans import Contents

# Words of `architectures` entries that are no causal language models.
_OTHER_CLASSES = (
    "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification",
    "ForSpeechSeq2Seq", "ForImageClassification", "ForCTC", "ForQuestionAnswering",
    "ForObjectDetection", "ForAudioClassification", "ForImageSegmentation",
    "ForPreTraining", "ForMultipleChoice",
)  # fmt: skip
_OTHER_TYPES = frozenset({
    "bert", "roberta", "xlm-roberta", "distilbert", "mpnet", "clip", "siglip",
    "whisper", "wav2vec2", "vit", "t5", "modernbert", "nomic_bert", "sam",
    "deberta", "deberta-v2", "electra", "albert", "mt5", "bart", "speecht5",
    "hubert", "dinov2", "musicgen", "bark", "vits", "encodec", "blip",
})  # fmt: skip

_SENSES = ("vision_config", "audio_config", "vision_tower", "speech_config")
_PROCESSORS = ("preprocessor_config.json", "processor_config.json")


def look_at_language_model(source: Source) -> Contents:
    """Tell what a folder with a config is.

    Raises:
        OSError: A file cannot be read.
    """
    files = source.files()
    contents = Contents(
        kind="safetensors",
        size_bytes=sum(files[name] for name in weight_names(files)),
    )
    try:
        config = config_file.read_config(source)
    except ModelRefused as refusal:
        return _refused(replace(contents, kind="unknown"), refusal)
    contents = replace(
        contents,
        architecture=config_file.model_type(config),
        context_length=config_file.context_length(config),
        layer_count=_layer_count(config),
        float_bits=config_file.float_bits(config),
        cache=cache_shape(config),
    )
    try:
        return _looked_at(contents, source, config)
    except ModelRefused as refusal:
        return _refused(replace(contents, kind=_kind(files, config)), refusal)


def _looked_at(
    contents: Contents, source: Source, config: Mapping[str, Any]
) -> Contents:
    files = source.files()
    _check_purpose(config)
    tokenizer = tokenizer_files.tokenizer_config(source)
    model_code = config.get("model_file")
    code = model_code or tokenizer_files.tokenizer_code(files, tokenizer)
    contents = replace(
        contents,
        capabilities=tokenizer_files.capabilities(source, tokenizer),
        code_file=str(code or ""),
    )
    if not model_code:
        _check_architecture(files, config)
    weights = read_weights(source, is_local=isinstance(source, LocalSource))
    other = foreign.foreign_quantization(source, config)
    contents = _counted(contents, weights, config, is_packed=bool(other))
    try:
        if other:
            foreign.check_readable(other, config, weights.names)
        if not tokenizer_files.has_tokenizer(files):
            raise ModelRefused(
                _("It has no tokenizer."),
                hint=_(refusals.FETCH_MISSING),
            )
    except ModelRefused as refusal:
        return _refused(contents, refusal)
    if code:
        return replace(contents, hint=refusals.no_code(str(code)).hint)
    if _has_senses(config):
        return replace(
            contents,
            hint=_("Its part for text is used; pictures and sound are not understood."),
        )
    return contents


def _counted(
    contents: Contents, weights: Weights, config: Mapping[str, Any], *, is_packed: bool
) -> Contents:
    """With all that the tensors tell.

    Raises:
        ModelRefused: The config says bits that cannot be.
    """
    tensors = counting.text_part(weights.tensors)
    left_out_bytes = sum(one.end - one.start for one in weights.tensors.values()) - sum(
        one.end - one.start for one in tensors.values()
    )
    text_bytes = weights.size_bytes - left_out_bytes
    is_mlx_packed = isinstance(config.get("quantization"), dict) and any(
        name.endswith(".scales") for name in weights.names
    )
    each = list(counting.weights_of(tensors, config))
    count = sum(one.parameter_count for one in each)
    count = count or weights.parameter_count or 0
    storage = counting.storage_text(config, tensors)
    if not count and not is_mlx_packed and (not is_packed or storage == "fp8"):
        count = text_bytes * 8 // (8 if is_packed else contents.float_bits)
    return replace(
        contents,
        kind="mlx" if is_mlx_packed or weights.written_by == "mlx" else "safetensors",
        parameter_count=count or None,
        bits_per_weight=text_bytes * 8 / count if count else None,
        quantization=storage or config_file.float_text(config),
        is_packed=is_packed or is_mlx_packed,
        size_bytes=weights.size_bytes,
        weight_files=weights.files,
        weight_groups=counting.weight_groups(each),
        float_bits=counting.float_bits(tensors) if tensors else contents.float_bits,
    )


def _refused(contents: Contents, refusal: ModelRefused) -> Contents:
    return replace(contents, problem=refusal.message, hint=refusal.hint)


def _kind(files: Collection[str], config: Mapping[str, Any]) -> Any:
    if _is_other(config):
        return "other"
    is_known = architectures.is_supported(config_file.model_type(config))
    if not is_known and (_has_senses(config) or any(p in files for p in _PROCESSORS)):
        return "vision"
    if isinstance(config.get("quantization"), dict):
        return "mlx"
    return "safetensors"


def _check_purpose(config: Mapping[str, Any]) -> None:
    if _is_other(config):
        names = config_file.class_names(config)
        raise ModelRefused(
            _("It ({kind}) is not a model that writes text.").format(
                kind=", ".join(names) or config_file.model_type(config)
            ),
            hint=_("Choose a chat or text-generation model."),
        )


def _check_architecture(files: Collection[str], config: Mapping[str, Any]) -> None:
    model_type = config_file.model_type(config)
    if not model_type:
        raise ModelRefused(
            _("Its config.json does not name an architecture (model_type)."),
            hint=_(refusals.FETCH_AGAIN),
        )
    is_known = architectures.is_supported(model_type)
    if is_known and model_type not in architectures.NOT_BATCHABLE:
        return
    if not is_known and (_has_senses(config) or any(p in files for p in _PROCESSORS)):
        raise ModelRefused(
            _(
                "It reads pictures or sound ({kind}), and mlx-lm cannot load its text"
                " part."
            ).format(kind=model_type),
            hint=_("Choose a model that reads text."),
        )
    raise ModelRefused(
        _("The architecture {kind} is not supported.").format(kind=model_type),
        hint=_("Choose a model of another family (Llama, Qwen, Gemma, …)."),
    )


def _is_other(config: Mapping[str, Any]) -> bool:
    return config_file.model_type(config) in _OTHER_TYPES or any(
        name.endswith(_OTHER_CLASSES) for name in config_file.class_names(config)
    )


def _has_senses(config: Mapping[str, Any]) -> bool:
    return any(config.get(key) for key in _SENSES)


def _layer_count(config: Mapping[str, Any]) -> int:
    text = config_file.text_config(config)
    return config_file.count(text, "num_hidden_layers", "n_layer", "n_layers") or 0
