"""Show how far long work is: a bar on a terminal, one line a step elsewhere.

Everything goes to stderr, so that stdout holds results only.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from tqdm import tqdm


class Progress:
    """Tell people what is being done; ``is_quiet`` tells nobody."""

    def __init__(self, *, is_quiet: bool = False) -> None:
        self._is_quiet = is_quiet
        self._is_terminal = sys.stderr.isatty()
        self._started = monotonic()

    @property
    def seconds(self) -> float:
        """Return the seconds since this was made."""
        return monotonic() - self._started

    def step(self, sentence: str) -> None:
        """Say in one line what begins now."""
        if not self._is_quiet:
            print(f"{self.seconds:6.1f} s  {sentence}", file=sys.stderr, flush=True)

    @contextmanager
    def counting(self, sentence: str, total: int) -> Iterator["Counter"]:
        """Yield a counter of ``total`` things: a bar on a terminal, else the step's line."""
        if self._is_quiet or not self._is_terminal:
            self.step(sentence)
            yield Counter(None)
            return
        # Fixed sizes: a terminal that does not know its own would get no bar at all.
        line = f"{self.seconds:6.1f} s  {sentence}"
        with tqdm(total=total, desc=line, file=sys.stderr, ncols=80, nrows=24) as bar:
            yield Counter(bar)


class Counter:
    """Count finished things, on a bar if there is one."""

    def __init__(self, bar: "tqdm[Any] | None") -> None:
        self._bar = bar

    def add(self, count: int = 1) -> None:
        """Count ``count`` more."""
        if self._bar is not None:
            self._bar.update(count)
