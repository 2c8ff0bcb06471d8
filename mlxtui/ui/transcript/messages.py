"""What the transcript tells those around it."""

from textual.message import Message


class LinkClicked(Message):
    """Someone clicked a link of an answer."""

    def __init__(self, href: str) -> None:
        super().__init__()
        self.href = href
        """As the model wrote it: not to be opened unseen."""
