"""Names cut to the room that there is, their telling parts kept."""

from rich.cells import cell_len, set_cell_size


def shortened(text: str, cells: int) -> str:
    """Text in at most so many cells; what is left out of its middle becomes `…`.

    A model's end tells sizes and quantizations apart: `Qwen3-30B-A…t-2507-4bit`.
    """
    if cell_len(text) <= cells:
        return text
    if cells < 1:
        return ""
    tail_cells = (cells - 1) // 2
    head = set_cell_size(text, cells - 1 - tail_cells).rstrip()
    tail = set_cell_size(text[::-1], tail_cells).rstrip()[::-1]
    return f"{head}…{tail}"
