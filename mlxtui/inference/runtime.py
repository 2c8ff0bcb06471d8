"""Starting and ending MLX in the engine thread.

The rules and where they come from: MLX's streams and unevaluated arrays belong to one
thread since 0.31.2 (ml-explore/mlx#3529), and a thread gives its streams back before
it ends (ml-explore/mlx#4110).
"""

import gc
import importlib
import os
import resource
import sys
import threading
import warnings
from typing import Literal

from tqdm import tqdm

WiredLimit = Literal["off", "model", "max"]

# MLX keeps freed buffers for reuse without a bound; beyond this they go back to the
# system, where other programs need them.
_BUFFER_CACHE_BYTES = 2 * 1024**3


def start(wired_limit: WiredLimit = "off") -> None:
    """Import MLX and mlx-lm into this process; call it in the engine thread first."""
    # transformers takes torch along when it is installed: 4.6 s and 856 MB against
    # 1.3 s and 90 MB. Nothing in this process needs it.
    sys.modules.setdefault("torch", None)  # type: ignore[arg-type]
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    # Any tqdm bar inside Textual makes a lock that spawns a process, which dies of
    # Textual's standard error without a file number (huggingface_hub#4066).
    tqdm.set_lock(threading.RLock())
    # mlx_lm.utils lowers RLIMIT_NOFILE to 2048 at import, for good.
    setrlimit = resource.setrlimit
    resource.setrlimit = lambda *_args: None
    try:
        with warnings.catch_warnings():
            # What libraries warn of while they are imported is not the user's.
            warnings.simplefilter("ignore")
            # By name: the package's attribute `generate` is the function.
            generate = importlib.import_module("mlx_lm.generate")
    finally:
        resource.setrlimit = setrlimit
    import mlx.core as mx

    mx.set_cache_limit(_BUFFER_CACHE_BYTES)
    if wired_limit != "max":
        # Wired memory with much buffer churn makes macOS panic (ml-explore/mlx#3186).
        generate.__dict__["maybe_set_recommended_wired_limit"] = lambda: None


def wire(memory_bytes: int) -> None:
    """Keep this much memory from being swapped out, where the system can."""
    import mlx.core as mx

    if mx.metal.is_available():
        mx.set_wired_limit(memory_bytes)


def free_unused() -> None:
    """Give back what nothing refers to any more."""
    import mlx.core as mx

    gc.collect()
    mx.clear_cache()


def stop() -> None:
    """Give back this thread's streams; the last MLX call of the engine thread."""
    import mlx.core as mx

    mx.synchronize()
    free_unused()
    mx.clear_streams()
