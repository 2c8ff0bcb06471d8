"""Tables and JSON on standard output."""

import json
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len


def table_lines(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as lines with aligned columns, Japanese counted as it is drawn."""
    widths = [max(cell_len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(
            cell + " " * (width - cell_len(cell))
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def json_text(value: Any) -> str:
    """A value as JSON that any terminal and program can read."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    # Names that are no text hold half characters; this writes them as JSON does.
    return text.encode("utf-8", "backslashreplace").decode()
