"""Append lines to the events file: whole, at once, and never for longer than two seconds.

One thread of each process writes, so that a file system that hangs holds nobody up. Lines of
several processes do not mix: each is one write under a lock of the file, and one that did not
fit is taken back. A line that nobody waits for is kept while the file cannot be written and
follows when it can.
"""

import errno
import fcntl
import logging
import os
import queue
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger(__name__)

WAIT_SECONDS = 2.0
RETRY_SECONDS = 5.0
MOST_KEPT = 1000
_MODE = 0o600
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class SinkDown(Exception):
    """The line is not in the file."""


@dataclass(slots=True)
class _Order:
    path: Path
    line: bytes
    is_kept: bool
    done: threading.Event = field(default_factory=threading.Event)
    is_written: bool = False
    is_given_up: bool = False


class Sink:
    """The way of one process into events files.

    ``told_down`` and ``told_up`` make the lines that say the file could not be written and
    that it can be again, with the numbers of lines kept and lost meanwhile.
    """

    def __init__(
        self, told_down: Callable[[], bytes], told_up: Callable[[int, int], bytes]
    ) -> None:
        self._told_down = told_down
        self._told_up = told_up
        self._orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._busy_since: float | None = None
        self._kept: deque[_Order] = deque()
        self._lost = 0

    def write(self, path: Path, line: bytes, *, is_kept: bool) -> None:
        """Return once ``line`` is safely in the file; raise SinkDown after WAIT_SECONDS.

        ``is_kept``: if it cannot be written now, keep it, and write it when that is possible.
        """
        order = _Order(path, line, is_kept)
        self._start()
        busy = self._busy_since
        is_hanging = busy is not None and time.monotonic() - busy > WAIT_SECONDS
        self._orders.put(order)
        order.done.wait(0 if is_hanging else WAIT_SECONDS)
        if not order.is_written:
            order.is_given_up = True
            raise SinkDown

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="security-events", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                order = self._orders.get(timeout=RETRY_SECONDS if self._kept else None)
            except queue.Empty:
                self._catch_up(self._kept[0].path)
                continue
            if order.is_given_up and not order.is_kept:
                continue  # what it tells of has been refused meanwhile
            self._busy_since = time.monotonic()
            order.is_written = self._catch_up(order.path) and self._append(order)
            if not order.is_written and order.is_kept:
                self._keep(order)
            self._busy_since = None
            order.done.set()

    def _append(self, order: _Order) -> bool:
        try:
            lines_append(order.path, [order.line])
        except OSError as error:
            if not self._kept:
                logger.warning("the events file cannot be written (errno %s)", error.errno)
                self._keep(_Order(order.path, self._told_down(), is_kept=True))
            return False
        return True

    def _keep(self, order: _Order) -> None:
        if len(self._kept) < MOST_KEPT:
            self._kept.append(order)
        else:
            self._lost += 1

    def _catch_up(self, path: Path) -> bool:
        """Write what was kept, then that all is well; return False if that fails again."""
        if not self._kept:
            return True
        kept = len(self._kept) - 1
        lines = [order.line for order in self._kept]
        try:
            lines_append(path, [*lines, self._told_up(kept, self._lost)])
        except OSError:
            return False
        self._kept.clear()
        self._lost = 0
        return True


def lines_append(path: Path, lines: Sequence[bytes]) -> None:
    """Append whole lines, durably, or leave the file as it was; raise OSError.

    The file is opened anew each time, so that it can be rotated away, and is a plain file that
    only its owner can write and others cannot read.
    """
    descriptor = os.open(path, _FLAGS, _MODE)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode) or mode & (stat.S_IWGRP | stat.S_IRWXO):
            raise PermissionError(errno.EPERM, "not a private file")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        before = os.fstat(descriptor).st_size
        try:
            for line in lines:
                _write_whole(descriptor, line)
            os.fdatasync(descriptor)
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def _write_whole(descriptor: int, line: bytes) -> None:
    if os.write(descriptor, line) != len(line):
        raise OSError(errno.ENOSPC, "a line did not fit")
