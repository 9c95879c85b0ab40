"""Let no caller hold a thread by falling silent in the middle of a handshake or a call.

gunicorn's threads wait for ever once a first byte is there, so as many silent callers as there
are threads would stop a service. A caller who goes on byte by byte is a proxy's to end.
"""

import ssl

# As long as our own calls wait for a silent receiver, and a little more (http_peer).
SILENCE_SECONDS = 20.0


class PatientSocket(ssl.SSLSocket):
    """A connection on which "wait for ever" means SILENCE_SECONDS, for every read and write."""

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the socket's own signature
        """Wait for SILENCE_SECONDS at most, or not at all."""
        self.settimeout(None if flag else 0.0)

    def settimeout(self, value: float | None) -> None:
        """Wait for ``value`` seconds, for SILENCE_SECONDS instead of for ever."""
        super().settimeout(SILENCE_SECONDS if value is None else value)
