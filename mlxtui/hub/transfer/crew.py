"""The threads of a transfer: some fetch, some check, one flushes."""

import queue
import threading
import time
from collections.abc import Callable

from mlxtui.errors import HubError
from mlxtui.harmless import one_line
from mlxtui.hub.failures import wrong_bytes
from mlxtui.hub.transfer.control import TransferLimits
from mlxtui.hub.transfer.download import Download
from mlxtui.hub.transfer.pace import Pace
from mlxtui.hub.transfer.part import Part, PartClosed
from mlxtui.hub.transfer.saving import Unsaved
from mlxtui.hub.transfer.schedule import Schedule
from mlxtui.hub.transfer.span import Span
from mlxtui.hub.transfer.trouble import ContentChanged, Trouble, WireClosed
from mlxtui.hub.transfer.wire import Wire
from mlxtui.i18n import _

_HASHERS = 2
# Behind the transfer by so much at least: a thread is not woken for less.
_HASH_BYTES = 4 * 1024 * 1024


class Crew:
    """Starts the threads, and ends them."""

    def __init__(
        self,
        schedule: Schedule,
        wire: Wire,
        pace: Pace,
        limits: TransferLimits,
        endpoint: str,
    ) -> None:
        self._schedule = schedule
        self._wire = wire
        self._pace = pace
        self._endpoint = endpoint
        self._unsaved = Unsaved(pace)
        self._to_hash: queue.SimpleQueue[Download | None] = queue.SimpleQueue()
        self._fetchers = [
            self._thread(self._fetch) for _one in range(limits.connections)
        ]
        self._hashers = [self._thread(self._hash) for _one in range(_HASHERS)]
        self._saver = self._thread(self._save)
        self._has_stopped = threading.Event()

    def start(self) -> None:
        """Begin."""
        for thread in (*self._fetchers, *self._hashers, self._saver):
            thread.start()

    def stop(self, within_seconds: float) -> None:
        """Cut off what is under way; what came is flushed.

        Waits no longer than that: a thread that hangs in the system can no more write,
        and ends later.
        """
        until = time.monotonic() + within_seconds
        self._wire.close()
        self._unsaved.close()
        for _one in self._hashers:
            self._to_hash.put(None)
        for thread in (*self._fetchers, *self._hashers):
            thread.join(max(0.0, until - time.monotonic()))
        self._has_stopped.set()
        self._saver.join(max(0.0, until - time.monotonic()))

    def _thread(self, loop: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                loop()
            except (PartClosed, WireClosed):
                pass  # the transfer has ended
            except BaseException as error:
                self._schedule.end(error)  # `fetch` raises it in its own thread

        return threading.Thread(target=run, name="mlxtui-transfer", daemon=True)

    def _fetch(self) -> None:
        while work := self._schedule.take():
            if isinstance(work, Download):
                self._open(work)
                continue
            try:
                self._receive(work)
            except Trouble as trouble:
                self._schedule.failed(work, trouble)
            except ContentChanged:
                self._schedule.changed(work)
            except PartClosed:
                self._schedule.ended(work)  # all of it is there, or nothing counts
            else:
                self._schedule.ended(work)
            if self._schedule.claim_restart(work.download):
                self._restart(work.download)

    def _open(self, one: Download) -> None:
        is_whole = one.open()
        self._schedule.opened(one, is_whole=is_whole)
        self._hash_soon(one)

    def _receive(self, span: Span) -> None:
        one, end = span.download, span.end
        assert one.part is not None
        part = one.part
        body = one.source.open(span.start, end, is_stream=span.is_stream)
        self._schedule.reached(one, is_near=body.is_near)
        at = span.start
        try:
            while at < end and not one.must_restart:
                self._unsaved.wait_for_room()
                data = body.read(min(self._pace.read_bytes, end - at))
                if not data:
                    raise Trouble(_ended_early(one.file.path))
                part.write(data, at)
                at += len(data)
                self._schedule.received(len(data))
                if at - span.noted >= self._pace.record_bytes:
                    self._note(span, part, at)
        finally:
            body.close()
            self._note(span, part, at)

    def _note(self, span: Span, part: Part, end: int) -> None:
        if end == span.noted:
            return
        new_bytes = part.note(span.noted, end)
        self._unsaved.add(end - span.noted)
        self._schedule.noted(span, end, new_bytes)
        self._hash_soon(span.download)

    def _restart(self, one: Download) -> None:
        if one.was_restarted:
            raise wrong_bytes(one.file.path, self._endpoint)
        self._unsaved.remove(one.restart())
        self._schedule.opened(one, is_whole=False)
        self._hash_soon(one)

    def _hash_soon(self, one: Download) -> None:
        """Let a thread check what has come, if that is enough to wake one."""
        if one.part is None or one.is_queued or one.is_right or one.must_restart:
            return
        prefix = one.part.prefix_bytes
        behind = prefix - one.checksum.done_bytes
        if prefix == one.file.size_bytes or behind >= _HASH_BYTES:
            one.is_queued = True
            self._to_hash.put(one)

    def _hash(self) -> None:
        while one := self._to_hash.get():
            one.is_queued = False
            if not one.hashing.acquire(blocking=False):
                continue  # the thread that is at it looks again
            try:
                self._advance(one)
            except PartClosed:
                pass  # it begins again, or the transfer has ended
            finally:
                one.hashing.release()
            self._hash_soon(one)
            if self._schedule.claim_restart(one):
                self._restart(one)

    def _advance(self, one: Download) -> None:
        if one.is_right or one.must_restart or one.is_opening:
            return
        part, checksum = one.part, one.checksum
        assert part is not None
        while checksum.done_bytes < part.prefix_bytes:
            checksum.advance(part)
        if checksum.done_bytes < one.file.size_bytes:
            return
        if checksum.is_right:
            one.is_right = True
            self._unsaved.remove(part.finish(one.blob))
            one.release()
            self._schedule.finished(one)
        else:
            self._schedule.spoiled(one)

    def _save(self) -> None:
        try:
            while self._unsaved.wait_for_work():
                self._save_all()
        except OSError as error:
            self._schedule.end(error)
        self._has_stopped.wait()
        try:
            self._save_all()
        finally:
            self._schedule.close()
            for thread in self._fetchers:
                thread.join()
            self._wire.release()

    def _save_all(self) -> None:
        for part in self._schedule.parts():
            self._unsaved.remove(part.save())


def _ended_early(path: str) -> HubError:
    return HubError(
        _("The connection ended in the middle of {path}.").format(path=one_line(path))
    )
