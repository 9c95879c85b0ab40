"""Know that this process is to end, so that whatever waits or repeats lets go in time.

A worker that is asked to end (SIGTERM) has 30 seconds. Loops look here between two steps, calls
between two pieces, waits are short. What a process holds for others, its leases and parties, is
put down by what it named with ``stop_call``, once. No locks: a signal handler sets the mark in
the middle of anything.
"""

import logging
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

# How long a wait may go on after the mark was set.
LOOK_SECONDS = 0.25

_state = {"asked": False}
_last: list[Callable[[], object]] = []


class Stopping(Exception):
    """This process ends: put down what you hold, and leave it to another one."""


def stop_ask() -> None:
    """Note that the process is to end; safe in a signal handler."""
    _state["asked"] = True


def is_stopping() -> bool:
    """Tell whether the process is to end."""
    return _state["asked"]


def stop_check() -> None:
    """Raise Stopping if the process is to end."""
    if is_stopping():
        raise Stopping


def stop_wait(seconds: float) -> bool:
    """Sleep, but hardly longer than until the process is to end; tell whether it is."""
    until = time.monotonic() + seconds
    while not is_stopping() and (rest := until - time.monotonic()) > 0:
        time.sleep(min(rest, LOOK_SECONDS))
    return is_stopping()


def stop_call(last: Callable[[], object]) -> None:
    """Have ``last`` called once when the process ends: after the work, or instead of it."""
    _last.append(last)


def stop_finish() -> None:
    """Call what is to be called last, in the order it was named; log what fails and go on."""
    while _last:
        last = _last.pop(0)
        try:
            last()
        except Exception:
            logger.exception("what was to be put down at the end was not")


def stop_forget() -> None:
    """Forget that the process was to end; for tests."""
    _state["asked"] = False
    _last.clear()
