"""Log that something failed and where, never what it held.

An exception's text may quote an answer or a code, and Django attaches the HTTP request to its
records. The formatter therefore writes an exception as its class and the places in our code,
with the stable ``code`` of a ProtocolError or Problem if it has one.
"""

import logging
import traceback
from pathlib import Path
from types import TracebackType


class QuietFormatter(logging.Formatter):
    """Format a record without the texts of exceptions."""

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


def logging_settings(log_file: Path) -> dict[str, object]:
    """Return Django's LOGGING: one file, no mail, no HTTP request attached."""
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
                "class": "logging.FileHandler",
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
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # Celery writes a task's arguments on receipt and success at level INFO.
            "celery": {"handlers": [], "level": "WARNING", "propagate": True},
            "urllib3": {"level": "WARNING"},
        },
    }
