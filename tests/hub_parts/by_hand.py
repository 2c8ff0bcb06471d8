"""The local hub as a program, with a few repositories, to try the app by hand."""

import argparse
import json
import struct
import tempfile
from pathlib import Path

from tests.hub_parts.content import Given, MadeUp
from tests.hub_server import TOKEN, HubServer
from tests.models import write_model

_GUIDE = Path(__file__).parents[2] / "mlxtui" / "guide" / "model"

_CARD = """\
---
license: apache-2.0
language: [en, ja]
pipeline_tag: text-generation
library_name: {library}
tags: [{tags}]
base_model: {base}
---
# {name}

A *small* model for trying things out, with a [link](https://example.com), `code`,

| size | speed |
|------|-------|
| tiny | quick |

日本語の説明もあります。
"""


def _card(name: str, tags: str = "", library: str = "transformers") -> bytes:
    base = "local/source"
    return _CARD.format(name=name, tags=tags, library=library, base=base).encode()


def _folder(path: Path) -> dict[str, Given]:
    return {
        str(file.relative_to(path)): file
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


def _sharded(folder: Path, shards: int = 3) -> dict[str, Given]:
    """A model's folder with its weights in several files, as large ones have them."""
    import mlx.core as mx

    weights = mx.load(str(folder / "model.safetensors"))
    assert isinstance(weights, dict)
    names = sorted(weights)
    places: dict[str, str] = {}
    for number in range(shards):
        name = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        part = {key: weights[key] for key in names[number::shards]}
        mx.save_safetensors(str(folder / name), part, metadata={"format": "pt"})
        places |= dict.fromkeys(part, name)
    total = sum(value.nbytes for value in weights.values())
    (folder / "model.safetensors").unlink()
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return _folder(folder)


def _gguf(tensor_type: int, bytes_per_weight: float, width: int = 2048) -> bytes:
    """A GGUF file of one tensor, as its format is described for version 3."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    string = 8
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1)
    head += text("general.architecture") + struct.pack("<I", string) + text("llama")
    head += text("token_embd.weight")
    head += struct.pack("<IQQIQ", 2, width, width, tensor_type, 0)
    head += bytes(-len(head) % 32)
    return head + bytes(int(width * width * bytes_per_weight))


def add_repositories(hub: HubServer, scratch: Path) -> None:
    """Add one repository of each sort.

    Args:
        scratch: A folder for what is made; it has to stay while the hub runs.
    """
    guide = _folder(_GUIDE)
    hub.add(
        "mlx-community/guide-bf16",
        guide | {"README.md": _card("guide-bf16", "mlx", "mlx")},
        downloads=900,
        likes=9,
    )
    llama = _folder(write_model(scratch / "llama"))
    packed = write_model(
        scratch / "packed", "qwen3", quantization={"bits": 4, "group_size": 32}
    )
    hub.add(
        "mlx-community/tiny-qwen3-4bit",
        _folder(packed) | {"README.md": _card("tiny-qwen3-4bit", "mlx, 4-bit", "mlx")},
        downloads=800,
    )
    sharded = _sharded(write_model(scratch / "sharded", hidden_size=256))
    hub.add(
        "local/tiny-llama-sharded",
        sharded | {"README.md": _card("tiny-llama-sharded")},
        downloads=700,
    )
    config = llama["config.json"]
    hub.add(
        "local/tiny-gguf",
        {
            "README.md": _card("tiny-gguf", "gguf", "gguf"),
            "tiny.Q4_K_M.gguf": _gguf(12, 144 / 256),
            "tiny.Q8_0.gguf": _gguf(8, 34 / 32),
        },
        downloads=600,
    )
    hub.add(
        "local/old-pickle",
        {"README.md": _card("old"), "config.json": config, "pytorch_model.bin": b"PK"},
    )
    hub.add("local/gated", llama | {"README.md": _card("gated")}, gated="manual")
    hub.add("local/private", llama, is_private=True)
    coded = json.loads((scratch / "llama" / "config.json").read_text())
    coded["auto_map"] = {"AutoModelForCausalLM": "modeling_own.OwnModel"}
    hub.add(
        "local/with-code",
        llama
        | {
            "config.json": json.dumps(coded).encode(),
            "modeling_own.py": b"import os\n",
        },
    )
    hub.add(
        "local/lora",
        {
            "README.md": _card("lora", "lora", "peft"),
            "adapter_config.json": b'{"peft_type": "LORA", "r": 8}',
            "adapter_model.safetensors": MadeUp(400_000),
        },
    )
    hub.add(
        "local/embedder",
        {
            "README.md": _card("embedder", "sentence-transformers"),
            "config.json": b'{"model_type": "bert", "hidden_size": 384}',
            "modules.json": b"[]",
            "1_Pooling/config.json": b"{}",
            "model.safetensors": MadeUp(900_000),
        },
        pipeline_tag="sentence-similarity",
    )
    hub.add(
        "local/vision",
        {
            "README.md": _card("vision"),
            "config.json": b'{"model_type": "qwen2_vl", "vision_config": {}}',
            "preprocessor_config.json": b"{}",
            "model.safetensors": MadeUp(900_000),
        },
        pipeline_tag="image-text-to-text",
    )
    for number in range(60):
        hub.add(f"crowd/model-{number:02}", {"config.json": config}, downloads=number)


def main() -> None:
    """Run until Ctrl+C."""
    parser = argparse.ArgumentParser(prog="python -m tests.hub_server")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rate", type=float, help="bytes a second, all together")
    parser.add_argument("--big", type=int, help="bytes of one more file, local/big")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        HubServer(arguments.port) as hub,
    ):
        add_repositories(hub, Path(scratch))
        if arguments.big:
            hub.add("local/big", {"big.safetensors": MadeUp(arguments.big)})
        hub.throttle(arguments.rate)
        print(hub.endpoint, flush=True)
        print(
            f"MLXTUI_HUB_ENDPOINT={hub.endpoint} MLXTUI_HUB_TOKEN={TOKEN} mlxtui",
            flush=True,
        )
        try:
            hub.wait()
        except KeyboardInterrupt:
            pass
