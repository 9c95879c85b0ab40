"""Know that this process is to end, so that whatever waits or repeats lets go in time.

A worker that is asked to end (SIGTERM) has 30 seconds. Loops look here between two steps, calls
between two pieces, waits wake up at once. Set once in the life of a process, never cleared but
by a test.
"""

import threading

_asked = threading.Event()


class Stopping(Exception):
    """This process ends: put down what you hold, and leave it to another one."""


def stop_ask() -> None:
    """Note that the process is to end; safe in a signal handler."""
    _asked.set()


def is_stopping() -> bool:
    """Tell whether the process is to end."""
    return _asked.is_set()


def stop_check() -> None:
    """Raise Stopping if the process is to end."""
    if _asked.is_set():
        raise Stopping


def stop_wait(seconds: float) -> bool:
    """Sleep, but no longer than until the process is to end; tell whether it is."""
    return _asked.wait(max(0.0, seconds))


def stop_forget() -> None:
    """Forget that the process was to end; for tests."""
    _asked.clear()
