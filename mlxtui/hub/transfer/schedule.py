"""Who fetches what next, what is tried again and when, and how far everything is."""

import threading
import time
from collections.abc import Iterable

from mlxtui.harmless import one_line
from mlxtui.hub.transfer.control import TransferLimits, TransferProgress
from mlxtui.hub.transfer.download import Download, seconds_until
from mlxtui.hub.transfer.part import Part
from mlxtui.hub.transfer.rate import RateMeter
from mlxtui.hub.transfer.span import Span
from mlxtui.hub.transfer.trouble import Trouble
from mlxtui.hub.transfer.wording import given_up, trying, waiting
from mlxtui.i18n import _

_LOCK_POLL_SECONDS = 0.25
_SILENT_SECONDS = 2.0
_OPEN_PER_CONNECTION = 2
# A server that ignores ranges twice is asked for the whole file in one stream.
_RANGE_FAILURES = 2


class Schedule:
    """All contents of a transfer; many threads take work and report.

    Args:
        downloads: Those that are not there.
        done_bytes: Of the files that are.
    """

    def __init__(
        self, downloads: Iterable[Download], done_bytes: int, limits: TransferLimits
    ) -> None:
        # Small ones first, side by side; the last one is then shared by all.
        self._left = sorted(downloads, key=lambda one: one.file.size_bytes)
        self._limits = limits
        self._changed = threading.Condition()
        self._done_bytes = done_bytes
        self._total_bytes = done_bytes + sum(one.file.size_bytes for one in self._left)
        self._received_bytes = 0
        self._received_at = time.monotonic()
        self._not_before = 0.0
        self._trouble: Trouble | None = None
        self._meter = RateMeter()
        self._has_ended = not self._left
        self._is_closed = False
        self.error: BaseException | None = None
        """Why it has ended early."""

    # What threads ask

    def take(self) -> Download | Span | None:
        """Something to do: a content to open, or a part to fetch; None at the end.

        Waits while all that is left is under way, or has to wait.
        """
        with self._changed:
            while not self._has_ended:
                if found := self._find():
                    return found
                self._changed.wait(_LOCK_POLL_SECONDS)
            return None

    def _find(self) -> Download | Span | None:
        now = time.monotonic()
        if now < self._not_before:
            return None
        room = _OPEN_PER_CONNECTION * self._limits.connections - sum(
            one.part is not None for one in self._left
        )
        can_connect = self._can_connect()
        for one in self._left:
            if one.is_opening or one.must_restart or one.retry_at > now:
                continue
            if one.part is None:
                if room > 0:
                    one.is_opening = True
                    return one
            elif can_connect and (span := one.gap(self._span_bytes())):
                one.taken.add(*span)
                one.connections += 1
                return Span(one, *span, one.is_stream, one.round, span[0])
        return None

    def _can_connect(self) -> bool:
        is_far = any(one.is_far for one in self._left)
        most = self._limits.connections
        if not is_far:
            most = min(most, self._limits.near_connections)
        return sum(one.connections for one in self._left) < most

    def _span_bytes(self) -> int:
        """Smaller towards the end, so that all connections end together."""
        left = self._total_bytes - self._done_bytes - self._in_parts()
        wanted = left // (2 * self._limits.connections)
        return min(
            max(wanted, self._limits.least_span_bytes), self._limits.most_span_bytes
        )

    def _in_parts(self) -> int:
        return sum(one.done_bytes for one in self._left)

    def parts(self) -> list[Part]:
        """Those that are open."""
        with self._changed:
            return [one.part for one in self._left if one.part is not None]

    def wait(self, seconds: float) -> bool:
        """Wait for the end, at most so long; whether it has come."""
        with self._changed:
            return self._changed.wait_for(lambda: self._has_ended, seconds)

    # What threads report

    def opened(self, download: Download, *, is_whole: bool) -> None:
        """A content was opened, or could not be locked, or is there."""
        with self._changed:
            download.is_opening = False
            if self._is_closed:
                _close(download)
            elif is_whole:
                self._remove(download)
            elif download.part is None:
                download.retry_at = time.monotonic() + _LOCK_POLL_SECONDS
            self._changed.notify_all()

    def reached(self, download: Download, *, is_near: bool) -> None:
        """A server has answered with bytes of a content."""
        with self._changed:
            if download.is_far == is_near:
                download.is_far = not is_near
                self._changed.notify_all()

    def received(self, size_bytes: int) -> None:
        """So many bytes came."""
        with self._changed:
            self._received_bytes += size_bytes
            self._received_at = time.monotonic()

    def noted(self, span: Span, end: int, new_bytes: int) -> None:
        """A part was fetched up to there, with so many bytes that were not there."""
        with self._changed:
            span.noted = end
            if new_bytes:
                span.has_bytes = True
                span.download.failures = span.download.outages = 0
                self._trouble = None

    def ended(self, span: Span) -> None:
        """A part came whole."""
        with self._changed:
            self._let_go(span)

    def failed(self, span: Span, trouble: Trouble) -> None:
        """A part did not come whole: the rest of it is tried again."""
        with self._changed:
            one, now = span.download, time.monotonic()
            self._let_go(span)
            if trouble.is_about_ranges:
                one.range_failures += 1
                one.is_stream |= one.range_failures >= _RANGE_FAILURES
            if trouble.wait_seconds is not None:
                self._not_before = now + trouble.wait_seconds
            if span.has_bytes or span.round != one.round:
                return  # it goes on at once; or this failure has been counted
            one.round += 1
            self._trouble = trouble
            if trouble.is_unreachable:
                self._missed(one, trouble, now)
            else:
                self._refused(one, trouble, now)

    def _missed(self, one: Download, trouble: Trouble, now: float) -> None:
        """Nobody was reached: that may last for hours, and ends by itself."""
        if not one.outages:
            one.outage_since = now
        one.outages += 1
        if now - one.outage_since >= self._limits.patience_seconds:
            self._end(given_up(one.file.path, trouble.error))
        one.retry_at = now + self._wait_seconds(one.outages)

    def _refused(self, one: Download, trouble: Trouble, now: float) -> None:
        """A server answered, and no new byte came of it."""
        one.outages = 0
        one.failures += 1
        if one.failures >= self._limits.attempts:
            self._end(given_up(one.file.path, trouble.error))
        one.retry_at = now + self._wait_seconds(one.failures)

    def _wait_seconds(self, failures: int) -> float:
        wait = self._limits.first_wait_seconds
        for _one in range(failures - 1):
            wait = min(2 * wait, self._limits.longest_wait_seconds)
        return min(wait, self._limits.longest_wait_seconds)

    def changed(self, span: Span) -> None:
        """The server has another content now: what came is of no use."""
        with self._changed:
            span.download.must_restart = True
            self._let_go(span)

    def spoiled(self, download: Download) -> None:
        """A content came whole, and is not what the hub named."""
        with self._changed:
            download.must_restart = True
            # Parts put together wrongly are the likeliest cause.
            download.is_stream = True

    def claim_restart(self, download: Download) -> bool:
        """Whether this thread is to begin a content again, now that it is free."""
        with self._changed:
            is_free = not download.connections and not download.hashing.locked()
            if self._has_ended or not download.must_restart or not is_free:
                return False
            if download.is_opening:
                return False
            download.is_opening = True
            return True

    def _let_go(self, span: Span) -> None:
        one = span.download
        one.connections -= 1
        one.taken.remove(span.noted, span.end)
        if span.is_stream and one.part is not None:
            one.taken = one.part.spans()
        self._changed.notify_all()

    def finished(self, download: Download) -> None:
        """A content is whole, right, and has its name."""
        with self._changed:
            self._remove(download)

    def _remove(self, download: Download) -> None:
        self._left.remove(download)
        self._done_bytes += download.file.size_bytes
        if not self._left:
            self._has_ended = True
        self._changed.notify_all()

    def end(self, error: BaseException) -> None:
        """End everything, for this reason if there is none yet."""
        with self._changed:
            self._end(error)

    def _end(self, error: BaseException) -> None:
        if not self._has_ended:
            self.error = error
        self._has_ended = True
        self._changed.notify_all()

    def close(self) -> None:
        """Close what is open and let others at it; once the threads are gone."""
        with self._changed:
            self._is_closed = True
            for one in self._left:
                _close(one)

    # What the user sees

    def progress(self) -> TransferProgress:
        """How far it is now; asked for about ten times a second."""
        with self._changed:
            done = self._done_bytes + self._in_parts()
            rate = self._meter.rate(self._received_bytes)
            return TransferProgress(
                done_bytes=done,
                total_bytes=self._total_bytes,
                rate_bytes_per_second=rate,
                seconds_left=(self._total_bytes - done) / rate if rate else None,
                files=tuple(
                    (one.file.path, one.done_bytes, one.file.size_bytes)
                    for one in self._left
                    if one.part is not None or one.is_elsewhere
                ),
                note=self._note(),
            )

    def _note(self) -> str:
        """What it waits for; nothing while data comes."""
        wait = max(
            seconds_until(self._not_before),
            min((seconds_until(one.retry_at) for one in self._left), default=0.0),
        )
        if self._trouble and wait:
            return waiting(self._trouble, wait)
        if all(one.is_received for one in self._left):
            return _("Checking what came.") if self._left else ""
        elsewhere = next((one for one in self._left if one.is_elsewhere), None)
        if elsewhere and not any(one.connections for one in self._left):
            return _("Another program is fetching {path}.").format(
                path=one_line(elsewhere.file.path)
            )
        if time.monotonic() - self._received_at > _SILENT_SECONDS and self._left:
            return trying(self._trouble)
        return ""


def _close(download: Download) -> None:
    if download.part is not None:
        download.part.close()
    download.release()
