"""LoRA adapters: what was learned, to be added to a model's weights."""

from mlxtui.convert import counting, refusals
from mlxtui.convert.safetensors_header import read_header_of
from mlxtui.convert.source import Source, read_object
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.plans import Contents

CONFIG = "adapter_config.json"
MLX_WEIGHTS = "adapters.safetensors"
PEFT_WEIGHTS = "adapter_model.safetensors"
PEFT_PICKLE = "adapter_model.bin"


def is_adapter(source: Source) -> bool:
    """Whether there are an adapter's config and weights, and no whole model."""
    files = source.files()
    return CONFIG in files and any(
        name in files for name in (MLX_WEIGHTS, PEFT_WEIGHTS, PEFT_PICKLE)
    )


def look_at_adapter(source: Source) -> Contents:
    """Tell what an adapter is.

    Raises:
        OSError: A file cannot be read.
    """
    files = source.files()
    config = read_object(source, CONFIG)
    base = config.get("base_model_name_or_path") or config.get("model")
    name = next((each for each in (MLX_WEIGHTS, PEFT_WEIGHTS) if each in files), "")
    kind = str(config.get("peft_type") or config.get("fine_tune_type") or "lora")
    contents = Contents(kind="adapter", architecture=kind.lower())
    try:
        if not name:
            raise refusals.only_pickles(PEFT_PICKLE)
        if not config:
            raise ModelRefused(
                _("{file} is not an adapter's config.").format(file=CONFIG),
                hint=_(refusals.FETCH_FILE_AGAIN),
            )
        header = read_header_of(source, name, files[name])
    except ModelRefused as refusal:
        problem, hint = refusal.message, refusal.hint
    except ValueError as error:
        problem = _("{file} is damaged: {reason}").format(file=name, reason=error)
        hint = _(refusals.FETCH_FILE_AGAIN)
    else:
        count = sum(tensor.size for tensor in header.tensors.values())
        return Contents(
            kind="adapter",
            architecture=contents.architecture,
            parameter_count=count or None,
            quantization=counting.storage_text({}, header.tensors),
            size_bytes=files[name],
            weight_files=(name,),
            hint=_("An adapter for {model}.").format(model=base)
            if isinstance(base, str) and base
            else "",
        )
    return Contents(
        kind="adapter" if name else "pickle",
        architecture=contents.architecture,
        size_bytes=files.get(name, 0),
        problem=problem,
        hint=hint,
    )
