"""The built-in model: a tiny language model that knows only this app.

The ready model lies in `MODEL_FOLDER`; `python -m mlxtui.guide.build` makes it
again from `questions.toml`.
"""

from pathlib import Path

MODEL_FOLDER = Path(__file__).parent / "model"
