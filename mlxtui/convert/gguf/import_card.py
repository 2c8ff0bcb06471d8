"""README.md of a model that was made of a GGUF file, for those who fetch it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlxtui
from mlxtui.convert.gguf.imported import Imported
from mlxtui.harmless import one_line

_REPOSITORY = re.compile(r"(?:https://huggingface\.co/)?([\w.-]+/[\w.-]+?)/?")
_LICENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}")

_WORDS = {"faithful": "the same codes, 16-bit scales", "exact": "every weight equal"}


def card_text(first_file: Path, facts: Mapping[str, Any], imported: Imported) -> str:
    """The card of what was made, with the licence that its file names.

    Args:
        first_file: The GGUF file.
        facts: What its header says.
    """
    base = _base_model(first_file, facts)
    fields = ["library_name: mlx", "pipeline_tag: text-generation", "tags:\n- mlx"]
    license_name = facts.get("general.license")
    if isinstance(license_name, str) and _LICENSE.fullmatch(license_name):
        fields.append(f"license: {license_name}")
    languages = facts.get("general.languages")
    named = languages if isinstance(languages, list | tuple) else ()
    codes = [code for code in named if isinstance(code, str) and _LANGUAGE.match(code)]
    if codes:
        fields.append("language:\n" + "\n".join(f"- {json.dumps(c)}" for c in codes))
    if base:
        fields += [f"base_model: {base}", "base_model_relation: quantized"]
    origin = imported.origin
    name = one_line(origin.files[0]).replace("`", "'")
    more = f" and {len(origin.files) - 1} more parts" if len(origin.files) > 1 else ""
    of_what = f" of [{base}](https://huggingface.co/{base})" if base else ""
    lines = [
        f"Made from the GGUF file `{name}`{more}{of_what} by mlxtui"
        f" {mlxtui.__version__}.",
        "",
        f"- Weights: {origin.mode} ({_WORDS[origin.mode]})",
        f"- Parameters: {imported.parameter_count:,}",
        f"- Bits per weight: {imported.bits_per_weight:.3f}",
        f"- SHA-256 of the file: {origin.sha256}",
        "",
        "| GGUF type | Became | Tensors | Largest relative error |",
        "|---|---|---|---|",
        *(
            f"| {row.type_name} | {row.form} | {row.count} | {row.largest_error:.1e} |"
            for row in origin.types
        ),
    ]
    front = "\n".join(fields)
    body = "\n".join(lines)
    return f"---\n{front}\n---\n\n{body}\n"


def _base_model(first_file: Path, facts: Mapping[str, Any]) -> str:
    """The repository that it was fetched from, else the one that it names."""
    named = [
        part.removeprefix("models--").replace("--", "/", 1)
        for part in first_file.absolute().parts
        if part.startswith("models--")
    ]
    keys = ("general.base_model.0.repo_url", "general.source.repo_url")
    for name in (*named, *map(facts.get, keys)):
        if isinstance(name, str) and (match := _REPOSITORY.fullmatch(name)):
            return match[1]
    return ""
