"""What `list --json` and `show --json` say of a model; scripts rely on the names."""

from dataclasses import asdict
from typing import Any

from mlxtui.types import LocalModel


def model_facts(model: LocalModel) -> dict[str, Any]:
    """The facts of one model."""
    return {
        "name": model.name,
        "kind": model.kind,
        "path": str(model.path),
        "architecture": model.architecture,
        "parameter_count": model.parameter_count,
        "bits_per_weight": model.bits_per_weight,
        "quantization": model.quantization,
        "size_bytes": model.size_bytes,
        "context_length": model.context_length,
        "capabilities": list(model.capabilities),
        "source": model.source,
        "commit": model.commit or None,
        "provenance": asdict(model.provenance) if model.provenance else None,
        "files": [str(file) for file in model.files],
        "imported_as": model.imported_as or None,
        "problem": model.problem or None,
    }
