"""Have gunicorn log what failed, never who called or for which address."""

import logging

from gunicorn.config import Config
from gunicorn.glogging import Logger

from config.log import QuietFormatter

# What gunicorn's own messages about one call begin with; the rest of them is its caller's.
_OF_A_CALL = ("Invalid request from", "Error handling", "Ignored", "Closing connection")
FORMAT = "%(asctime)s %(levelname)s gunicorn %(process)d %(message)s"


class QuietLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's logger with this house's formatter and without callers."""

    def setup(self, cfg: Config) -> None:
        """Set the log up as gunicorn does, then quieten every handler of it."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(QuietFormatter(FORMAT))
            handler.addFilter(_hide_call)


def _hide_call(record: logging.LogRecord) -> bool:
    if record.exc_info and isinstance(record.exc_info[1], TimeoutError):
        return False  # a caller fell silent (web_socket); a line would tell when
    for start in _OF_A_CALL:
        if str(record.msg).startswith(start):
            record.msg, record.args = f"{start} (hidden)", ()
    return True
