"""What goes wrong with one request and may go well with the next."""

from mlxtui.errors import HubError


class Trouble(Exception):
    """A request that failed, and that may be made again.

    Args:
        error: For the user, should it be the last attempt.
        wait_seconds: How long the server wants to be left alone; None if it does not
            say.
        is_about_ranges: The server did not send the part of the file that was asked
            for.
        is_unreachable: No connection came about, or the network between is gone:
            that is no fault of the server, and may last for hours.
        is_about_certificate: The server cannot show that it is the one that was meant.
    """

    def __init__(
        self,
        error: HubError,
        *,
        wait_seconds: float | None = None,
        is_about_ranges: bool = False,
        is_unreachable: bool = False,
        is_about_certificate: bool = False,
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait_seconds = wait_seconds
        self.is_about_ranges = is_about_ranges
        self.is_unreachable = is_unreachable
        self.is_about_certificate = is_about_certificate


class ContentChanged(Exception):
    """A file became another one while it was fetched: begin it again."""


class WireClosed(Exception):
    """The transfer has ended: nothing may be asked any more."""
