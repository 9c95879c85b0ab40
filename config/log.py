"""Log that something failed and where, never what it held.

An exception's text may quote an answer or a code, and Django attaches the HTTP request to its
records. The formatter therefore writes an exception as its class and the places in our code,
with the stable ``code`` of a ProtocolError or Problem if it has one. Celery puts an exception's
text, a task's arguments and its result into its own messages: there they are replaced.
"""

import copy
import logging
import os
import threading
import traceback
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType

from config.env import Service

# Members of Celery's message contexts (celery.app.trace, celery.worker) that we let through.
_TOLD = frozenset({"id", "name", "description", "hostname", "runtime", "internal"})
_HIDDEN = "(hidden)"
# Django's loggers whose records end in the address that was called.
_PATHS_OF = frozenset({"django.request", "django.security.csrf"})
FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
_THREADS = logging.getLogger("threads")


class QuietFormatter(logging.Formatter):
    """Format a record without the texts of exceptions."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, with classes where its message has exceptions."""
        quiet = copy.copy(record)
        quiet.args = _quiet_arguments(record)
        # A text that another formatter has cached holds what this one leaves out.
        quiet.exc_text = None
        return super().format(quiet)

    def formatException(  # noqa: N802 - logging's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Return one line an exception: class, code, and the frames it passed."""
        kind, error, trace = ei
        if kind is None:
            return ""
        frames = traceback.extract_tb(trace)
        way = " < ".join(
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in reversed(frames)
        )
        code = getattr(error, "code", "")
        told = f" [{code}]" if isinstance(code, str) and code else ""
        return f"{kind.__module__}.{kind.__qualname__}{told} at {way}"

    def formatStack(self, stack_info: str) -> str:  # noqa: N802, ARG002 - logging's name
        """Return nothing: source lines in a stack may hold values."""
        return ""


def failures_quieten() -> None:
    """Have a line that cannot be written (a full disk) be lost, not printed with its values."""
    logging.raiseExceptions = False


def threads_quieten() -> None:
    """Log what ends a thread of this process as the formatter has it, not on standard error."""
    threading.excepthook = _thread_ended


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    error = ended.exc_value
    if error is None or isinstance(error, SystemExit):
        return
    name = ended.thread.name if ended.thread is not None else "a thread"
    _THREADS.error("%s ended", name, exc_info=(type(error), error, ended.exc_traceback))


def _quiet_arguments(
    record: logging.LogRecord,
) -> tuple[object, ...] | Mapping[str, object] | None:
    if record.name in _PATHS_OF and isinstance(record.args, tuple):
        # The last argument is the address: a mistyped one may hold a code, a page's a token.
        return (*(_quiet(value) for value in record.args[:-1]), _HIDDEN)
    if isinstance(record.args, Mapping):
        is_celery = record.name.partition(".")[0] == "celery"
        return {
            str(name): _quiet(value) if not is_celery or name in _TOLD else _HIDDEN
            for name, value in record.args.items()
        }
    return tuple(_quiet(value) for value in record.args or ())


def _quiet(value: object) -> object:
    """Return a value as it is, but an exception as the name of its class."""
    return type(value).__qualname__ if isinstance(value, BaseException) else value


def events_path(service: Service) -> Path:
    """Return where a service's security events go: ``events_file``, or beside its log."""
    return service.events_file or service.log_file.with_name("events.jsonl")


class PrivateFileHandler(logging.FileHandler):
    """A log that only its service may read, whatever the umask of who writes first."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, FLAGS, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding="utf-8", errors=self.errors)


def logging_settings(log_file: Path) -> dict[str, object]:
    """Return Django's LOGGING: one file, no mail, no HTTP request attached."""
    failures_quieten()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "quiet": {
                "()": "config.log.QuietFormatter",
                "format": "{asctime} {levelname} {name} {message}",
                "style": "{",
            }
        },
        "handlers": {
            "file": {
                "class": "config.log.PrivateFileHandler",
                "filename": str(log_file),
                "encoding": "utf-8",
                "delay": True,
                "formatter": "quiet",
            }
        },
        "root": {"handlers": ["file"], "level": "INFO"},
        "loggers": {
            # Django's own handlers mail and print; these lines take them away.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Says the host that a caller named; the answer is 400 either way.
            "django.security.DisallowedHost": {"handlers": [], "level": "CRITICAL"},
            # Every refused call would be a line with its moment: what respondents do wrong is
            # counted by the hour (security_events). Our own faults are still told.
            "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
            "django.security": {"handlers": [], "level": "ERROR", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # Celery writes a task's arguments on receipt and success at level INFO.
            "celery": {"handlers": [], "level": "WARNING", "propagate": True},
            "urllib3": {"level": "WARNING"},
        },
    }
