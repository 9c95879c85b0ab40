"""gunicorn's settings for an embedded service: one worker that dies with its master."""

import os

from cli.embedded.launcher import die_with_parent

worker_class = "gthread"
workers = 1
threads = 8
keepalive = 30
timeout = 120
graceful_timeout = 2
control_socket_disable = True
accesslog = None
# gunicorn writes who sent a broken call, and the call; this logger does not.
logger_class = "config.web_log.QuietLogger"


# Read where the settings are: in the master, before it forks its worker.
_master = os.getpid()


def post_fork(_server: object, _worker: object) -> None:
    """Tie the worker to its master, which the launcher has tied to the supervisor."""
    die_with_parent(_master)
