"""What is no language model in safetensors: pickles, images, and forms of others."""

from collections.abc import Mapping

from mlxtui.convert import refusals
from mlxtui.convert.source import Source
from mlxtui.errors import ModelRefused
from mlxtui.i18n import N_, _
from mlxtui.plans import Contents

_PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
# A zip file, as PyTorch writes it since 1.6, and a bare pickle of protocol 2 and later.
_PICKLE_MAGICS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")

# What pickle files hold beside weights; these are always there after a training.
_NO_WEIGHTS = (
    "training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state.pth", "scaler.pt",
)  # fmt: skip

# A repository may have thousands of files, and each look is a request.
_MAX_LOOKS = 8

_LFS_START = b"version https://git-lfs.github.com/spec/"
_LFS_MOST_BYTES = 1024
_LFS_SUFFIXES = (".safetensors", ".gguf", ".bin", ".model")
_LFS_FILES = ("config.json", "tokenizer.json")

_FORMATS: Mapping[str, str] = {
    ".onnx": "ONNX", ".h5": "Keras (.h5)", ".keras": "Keras", ".msgpack": "Flax",
    ".tflite": "TensorFlow Lite", ".mlmodel": "Core ML", ".mlpackage": "Core ML",
    ".npz": N_("MLX's first form (.npz)"), ".pte": "ExecuTorch", ".engine": "TensorRT",
    ".task": "MediaPipe", ".litertlm": "LiteRT-LM", ".nemo": "NeMo",
    ".ggml": "GGML", ".llamafile": "llamafile",
}  # fmt: skip


def lfs_pointer(source: Source) -> str:
    """A file that git left as a pointer, since it was cloned without git-lfs; or empty.

    A few are looked into: they are pointers all together, or none is.
    """
    small = sorted(
        name
        for name, size_bytes in source.files().items()
        if 0 < size_bytes < _LFS_MOST_BYTES
        and (name.lower().endswith(_LFS_SUFFIXES) or name in _LFS_FILES)
    )
    for name in small[:_MAX_LOOKS]:
        if source.read(name, 0, len(_LFS_START)) == _LFS_START:
            return name
    return ""


def pickle_file(source: Source) -> str:
    """The first file of pickled weights; empty without one. It is never opened as one:
    its first bytes say enough."""
    candidates = sorted(
        name
        for name in source.files()
        if name.lower().endswith(_PICKLE_SUFFIXES) and name not in _NO_WEIGHTS
    )
    for name in candidates[:_MAX_LOOKS]:
        if source.read(name, 0, 4).startswith(_PICKLE_MAGICS):
            return name
    return ""


def look_at_pickle(source: Source, file: str) -> Contents:
    """What is said of pickled weights."""
    refusal = refusals.only_pickles(file)
    size_bytes = sum(
        size
        for name, size in source.files().items()
        if name.lower().endswith(_PICKLE_SUFFIXES) and name not in _NO_WEIGHTS
    )
    return Contents(
        kind="pickle",
        size_bytes=size_bytes,
        problem=refusal.message,
        hint=refusal.hint,
    )


def look_at_the_rest(source: Source) -> Contents:
    """What has neither a config nor a form that is known here."""
    files = source.files()
    refusal = _why_not(files)
    is_other = "model_index.json" in files
    return Contents(
        kind="other" if is_other else "unknown",
        size_bytes=sum(
            size for name, size in files.items() if name.endswith(".safetensors")
        ),
        problem=refusal.message,
        hint=refusal.hint,
    )


def _why_not(files: Mapping[str, int]) -> ModelRefused:
    hint = _("Choose a folder with config.json and *.safetensors.")
    if "model_index.json" in files:
        return ModelRefused(_("It is an image model, not a language model."), hint)
    if "adapter_config.json" in files:
        return ModelRefused(
            _("It is an adapter without its weights."), _(refusals.FETCH_AGAIN)
        )
    if "params.json" in files and any("consolidated" in name for name in files):
        return ModelRefused(
            _("It is in its makers' own form (params.json), not in Hugging Face's."),
            _("Look for its version with config.json and model*.safetensors."),
        )
    if any(name.endswith(".safetensors") for name in files):
        return ModelRefused(
            _("It has weights but no config.json, so nobody can tell what they are."),
            hint,
        )
    for name in sorted(files):
        for suffix, form in _FORMATS.items():
            if name.lower().endswith(suffix) or f"{suffix}/" in name.lower():
                return ModelRefused(
                    _("Its weights are in a form that MLX cannot read: {form}.").format(
                        form=_(form)
                    ),
                    hint=_("Look for a version of the model with safetensors."),
                )
    return ModelRefused(_("It has no config.json, so it is no model."), hint)
