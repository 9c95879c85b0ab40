"""Take ports before the services start, and keep them: no race, and restarts lose no caller.

The supervisor holds every listening socket; a service that died leaves its callers waiting in
the socket's queue until its successor takes them.
"""

import errno
import socket

from cli.errors import CliError

LOOPBACK = "127.0.0.1"
QUEUE = 256


def listen(port: int) -> socket.socket:
    """Return a socket that listens on the loopback address; port 0 chooses a free one.

    Raises CliError if the port is taken or may not be used.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((LOOPBACK, port))
        found.listen(QUEUE)
    except OSError as error:
        found.close()
        raise CliError(_sentence(port, error.errno)) from error
    return found


def is_free(port: int) -> bool:
    """Tell whether a port can be listened on now."""
    try:
        listen(port).close()
    except CliError:
        return False
    return True


def port_of(listener: socket.socket) -> int:
    """Return the port a socket listens on."""
    port: int = listener.getsockname()[1]
    return port


def _sentence(port: int, number: int | None) -> str:
    if number == errno.EADDRINUSE:
        return f"Port {port} is taken by another program; choose another one."
    if number == errno.EACCES:
        return f"Port {port} may not be used by you; choose one above 1023."
    return f"Port {port} cannot be listened on; choose another one."
