"""Become another program that dies when the process that started it dies.

``python -I -S launcher.py PARENT PROGRAM ARGUMENT…``: standard library only, because it runs
before the program's own environment does.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies; exit if it is dead already.

    Linux only: elsewhere the supervisor's own stop is all there is.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - the supervisor's own argument list
