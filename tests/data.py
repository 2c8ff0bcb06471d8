"""Real data that none of us wrote, shared beside the checkout; not always there."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"
STORIES = SHARED / "models" / "stories260K-mlx"

needs_shared_data = pytest.mark.skipif(
    not SHARED.is_dir(), reason="../shared/data is not there"
)
