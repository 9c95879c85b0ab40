"""Turn Ctrl-C and SIGTERM into one exception, at a moment when nothing half-made is lost.

The exception is raised once in the life of the process: a second signal cannot interrupt the
cleaning up that the first one began. Inside ``shielded`` it waits until the block ends, so
that a folder or process is always registered for cleaning up before anything can stop us.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked this process to stop; ``number`` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(slots=True)
class _State:
    shields: int = 0
    pending: int | None = None
    is_raised: bool = False


_state = _State()


def install() -> None:
    """Have the stopping signals raise Stopped in the main thread, once."""
    for number in STOPPING:
        signal.signal(number, _on_signal)


def ignore() -> None:
    """Ignore further stopping signals: all is clean, and the interpreter is on its way out."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def shielded() -> Iterator[None]:
    """Let a stopping signal wait until this block has ended."""
    _state.shields += 1
    try:
        yield
    finally:
        _state.shields -= 1
        if _state.pending is not None and not _state.shields:
            number, _state.pending = _state.pending, None
            _raise(number)


def _on_signal(number: int, _frame: FrameType | None) -> None:
    if _state.shields:
        _state.pending = number
    else:
        _raise(number)


def _raise(number: int) -> None:
    if not _state.is_raised:
        _state.is_raised = True
        raise Stopped(number)
