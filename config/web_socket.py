"""Let no caller hold a thread by falling silent, or by going on byte by byte.

gunicorn's threads wait for ever once a first byte is there, so as many such callers as there
are threads would stop a service. Where a proxy ends TLS, this is the proxy's to do.
"""

import ssl
import time

# As long as our own calls wait for a silent receiver, and a little more (http_peer).
SILENCE_SECONDS = 20.0
# For head and body of one call; with a long body as much more as it takes at 1 Mbit/s.
CALL_SECONDS = 60.0
LEAST_BYTES_A_SECOND = 128 * 1024


class PatientSocket(ssl.SSLSocket):
    """A connection on which "wait for ever" means SILENCE_SECONDS, for every read and write.

    And a call that takes CALL_SECONDS must have arrived, or go on at the least speed.
    """

    _began = 0.0
    _taken = 0

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the socket's own signature
        """Wait for SILENCE_SECONDS at most, or not at all; gunicorn does so at each call."""
        self._began, self._taken = time.monotonic(), 0
        self.settimeout(None if flag else 0.0)

    def settimeout(self, value: float | None) -> None:
        """Wait for ``value`` seconds, for SILENCE_SECONDS instead of for ever."""
        super().settimeout(SILENCE_SECONDS if value is None else value)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Read on, unless the call takes too long for what has come of it."""
        # The first call's setblocking came before this socket was made.
        self._began = self._began or time.monotonic()
        until = self._began + CALL_SECONDS + self._taken / LEAST_BYTES_A_SECOND
        if time.monotonic() > until:
            raise TimeoutError("The call takes too long.")
        piece = super().recv(buflen, flags)
        self._taken += len(piece)
        return piece
