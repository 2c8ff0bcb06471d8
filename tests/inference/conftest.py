"""MLX is imported as the engine does it: without torch, quietly."""

from mlxtui.inference import runtime

runtime.start()
