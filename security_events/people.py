"""Stand for a signed-in person by a pseudonym that only this service can make again.

HMAC-SHA-256 under a key file beside the events file: the same person has the same pseudonym in
every line of one service, and another one at another service.
"""

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from security_events.emitting import EventsDown

KEY_BYTES = 32
_LENGTH = 32
_LABEL = b"drempel/events/person/1\x00"


def pseudonym(identifier: str) -> str:
    """Return the 32 hexadecimal digits that stand for a person's ``identifier`` in events.

    Raises EventsDown where the key can be neither read nor made.
    """
    key = _key(str(settings.EVENTS_FILE))
    return hmac.new(key, _LABEL + identifier.encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def key_file(events_file: Path) -> Path:
    """Return where the key of a service's pseudonyms is."""
    return events_file.with_suffix(".key")


def key_make(path: Path) -> None:
    """Make the key file unless there is one; safe in two processes at once."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


@lru_cache(maxsize=4)
def _key(events_file: str) -> bytes:
    if not events_file:
        # Unit tests without an events file: stable while the process lives.
        return secrets.token_bytes(KEY_BYTES)
    path = key_file(Path(events_file))
    try:
        if not path.exists():
            key_make(path)
        return bytes.fromhex(path.read_text("ascii"))
    except OSError:
        raise EventsDown from None
