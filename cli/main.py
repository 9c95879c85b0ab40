"""The console script ``drempel``: one module a command, one sentence an error.

Handlers for signals come first, before anything heavy is imported, so that Ctrl-C ends the
program quietly at any moment.
"""

import argparse
import errno
import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from cli import signals
from cli.errors import BAD_INPUT, FAILED, CliError

_OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
COMMANDS = (
    "demo",
    "serve",
    "local",
    "answer",
    "receipt",
    "show",
    "verify",
    "hold",
    "enrol",
    "install",
    "doctor",
    "rehearse",
    "watch-booth",
    "bench",
)


class Command(Protocol):
    """A module of ``cli.commands``: what it is called by, and what it does."""

    HELP: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it and return the exit code; raise CliError with one sentence."""


class Parser(argparse.ArgumentParser):
    """Refuse wrong arguments in one sentence and with the exit code of bad input."""

    def error(self, message: str) -> "None":  # type: ignore[override]  # exits, like the original
        """Print one sentence and exit with 2."""
        print(f"drempel: {message}; see {self.prog} --help.", file=sys.stderr)
        sys.exit(BAD_INPUT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    signals.install()
    if sys.stdout is None:
        return _told("Standard output is closed; there is nowhere to print to.", FAILED)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that lacks a character gets a question mark, never an error.
        sys.stdout.reconfigure(errors="replace")
    return _guarded(arguments)


def _guarded(arguments: Sequence[str] | None) -> int:
    try:
        code = _run(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except CliError as error:
        return _told(error.sentence, error.exit_code)
    except signals.Stopped:
        signals.ignore()
        return _told("Stopped.", FAILED)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        _mute()
        return FAILED
    except OSError as error:
        if error.filename is not None or error.errno not in _OUTPUT_ERRORS:
            return _told(_fault(error), FAILED)
        _mute()
        reason = os.strerror(error.errno or 0)
        return _told(f"The output cannot be written: {reason}.", FAILED)
    except Exception as error:  # noqa: BLE001 - a fault of ours is told in one sentence, too
        return _told(_fault(error), FAILED)
    return code


def _mute() -> None:
    """Send standard output nowhere: Python's last flush must not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fault(error: Exception) -> str:
    return f"A fault of this program: {_place(error)}; please report it."


def _told(sentence: str, code: int) -> int:
    print(f"drempel: {sentence}", file=sys.stderr)
    return code


def _place(error: Exception) -> str:
    """Return an error's kind and place; its text may hold an answer or a code."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}, line {frame.lineno}"


def _run(given: list[str]) -> int:
    parser = Parser(
        prog="drempel",
        description="Anonymous surveys on three independent nodes.",
    )
    choices = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    # Only the command that is meant is imported: the others would slow every start down.
    named = next((word for word in given if not word.startswith("-")), None)
    for name in COMMANDS:
        command = _command(name)
        child = choices.add_parser(name, help=command.HELP, description=command.HELP)
        if name == named:
            command.configure(child)
    arguments = parser.parse_args(given)
    return _command(arguments.command).run(arguments)


def _command(name: str) -> Command:
    module: Command = importlib.import_module(f"cli.commands.{name.replace('-', '_')}")
    return module


if __name__ == "__main__":
    sys.exit(main())
