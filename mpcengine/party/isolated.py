"""Load MPyC 0.11 without its side effects, and make runtimes from our own options.

As shipped, importing it reads the program's arguments, changes them, configures logging, may
set the event-loop policy and touches the current event loop (study M13). Here it is imported
in a helper thread with clean arguments, everything it changes is put back, and its pickle is
replaced by the closed codec before any runtime exists (M1).
Source: docs/protocol.md §16.
"""

import argparse
import asyncio
import hashlib
import importlib
import importlib.util
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from mpcengine.party import closed_codec
from mpcengine.party.failure import PartyFailure

VERSION = "0.11"
# SHA-256 over the four files that this wrapper's assumptions were read from. A new release
# of MPyC cannot come in before somebody has read them again.
READ_FILES = ("runtime.py", "asyncoro.py", "thresha.py", "finfields.py")
READ_DIGEST = "da75c42c504fdb6d8765ce52b9a5c5a6f08f88dc0e873e591739e36ee99b2bd5"
SECURITY_BITS = 40
PARTIES, MAX_CORRUPT = 3, 1
_HOLDERS = (
    *("sectypes", "asyncoro", "mpctools", "seclists", "secpols", "secgroups"),
    *("random", "statistics"),
)
_loaded: list[ModuleType] = []
_error_handlers: list[Callable[[BaseException], None]] = []


def load() -> ModuleType:
    """Return the module ``mpyc.runtime``, imported once, with the closed codec in it.

    Raises PartyFailure (``internal``) if its files are not those that were read.
    """
    if not _loaded:
        if read_digest() != READ_DIGEST:
            raise PartyFailure("internal", detail=f"MPyC is not release {VERSION} as read")
        thread_error: list[BaseException] = []
        thread = threading.Thread(target=_import, args=(thread_error,), name="mpyc-import")
        with _kept_environment():
            thread.start()
            thread.join()
        if thread_error:
            raise thread_error[0]
    return _loaded[0]


def read_digest() -> str:
    """Return SHA-256 over the files of the installed MPyC that this wrapper relies on."""
    found = importlib.util.find_spec("mpyc")
    if found is None or found.origin is None:
        raise PartyFailure("internal", detail="MPyC is not installed")
    folder = Path(found.origin).parent
    total = hashlib.sha256()
    for name in READ_FILES:
        total.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return total.hexdigest()


def options() -> argparse.Namespace:
    """Return the options of a runtime: three parties, one may be curious, 40 bits or more."""
    return argparse.Namespace(
        threshold=MAX_CORRUPT,
        sec_param=SECURITY_BITS,
        bit_length=32,
        no_async=False,
        no_barrier=False,
        no_gmpy2=False,
        no_log=True,
        no_numpy=False,
        no_prss=False,
        mix32_64bit=False,
        ssl=False,
    )


def check_security(chosen: argparse.Namespace) -> None:
    """Raise PartyFailure (``internal``) if the options ask for less than 40 bits (M12)."""
    if chosen.sec_param < SECURITY_BITS:
        raise PartyFailure("internal", detail="statistical security is below 40 bits")


def make_runtime(index: int, on_error: Callable[[BaseException], None]) -> Any:
    """Return an MPyC runtime for party ``index`` (1, 2, 3) on the running event loop.

    It holds no connection yet; keys for the pairs that start with this party are fresh.
    ``on_error`` is told of every exception inside an MPyC coroutine.
    Raises PartyFailure (``internal``) if the security parameter is below 40 bits.
    """
    module = load()
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    chosen = options()
    check_security(chosen)
    parties = [module.Party(pid) for pid in range(PARTIES)]
    runtime = module.Runtime(index - 1, parties, chosen)
    # The constructor installs MPyC's own handler, which prints tracebacks.
    loop.set_exception_handler(handler)
    # Its arrays read this in every comparison; importing it set it, and that was undone.
    os.environ.setdefault("MPYC_MAXWORKERS", "0")
    _error_handlers[:] = [on_error]
    for name in _HOLDERS:
        importlib.import_module(f"mpyc.{name}").runtime = runtime  # type: ignore[attr-defined]
    return runtime


def _import(errors: list[BaseException]) -> None:
    try:
        module = importlib.import_module("mpyc.runtime")
        # Importing makes a one-party runtime with a loop of this thread; nobody uses it.
        module.mpc._loop.close()  # noqa: SLF001
        module.pickle = closed_codec  # type: ignore[attr-defined]
        asyncoro = importlib.import_module("mpyc.asyncoro")
        asyncoro._reconcile = _reconcile_with(asyncoro)  # type: ignore[attr-defined] # noqa: SLF001
        _loaded.append(module)
    except BaseException as error:  # noqa: BLE001 (handed to the thread that waits)
        errors.append(error)


def _reconcile_with(asyncoro: ModuleType) -> Callable[[Any, "asyncio.Task[Any]"], None]:
    # MPyC stops the event loop when a coroutine fails; we want the cause instead.
    deliver = getattr(asyncoro, "__reconcile")  # a plain name would be mangled

    def reconcile(declared: object, task: "asyncio.Task[Any]") -> None:
        asyncoro.runtime._pc_level -= 1  # noqa: SLF001
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            for handler in _error_handlers:
                handler(error)
        elif declared is not None:
            deliver(declared, task.result())

    return reconcile


@contextmanager
def _kept_environment() -> Iterator[None]:
    argv, environment = sys.argv, dict(os.environ)
    configure = logging.basicConfig
    sys.argv = ["mpcengine.party", "--no-log", "--no-uvloop"]
    logging.basicConfig = lambda **_: None
    try:
        yield
    finally:
        logging.basicConfig = configure
        sys.argv = argv
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)
