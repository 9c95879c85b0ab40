"""Tell, when a process starts, which code runs and whether its configuration was changed.

What the configuration files were is kept as digests beside the events file (``events.state``),
so that every process of a service compares with the last start of any.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path

from django.conf import settings

from config.env import VARIABLE
from security_events import emit, process_named
from security_events.fields import FIELDS

LARGEST_STATE = 4096


def process_started(kind: str) -> None:
    """Emit ``build.started`` and ``config.changed``; ``kind`` is ``web`` or ``worker``."""
    process_named(kind)
    emit("build.started", version=version("drempel"))
    if settings.EVENTS_FILE:
        with contextlib.suppress(OSError):
            _compare(Path(settings.EVENTS_FILE).with_suffix(".state"))


def _compare(path: Path) -> None:
    """Emit what differs from the digests in ``path``, and write today's into it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        before = _parsed(os.read(descriptor, LARGEST_STATE))
        now = _digests()
        if now == before:
            return
        for name, digest in now.items():
            if before.get(name) != digest:
                old = {"hash_before": before[name]} if name in before else {}
                emit("config.changed", outcome="success", file=name, hash_after=digest, **old)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(now).encode(), 0)
    finally:
        os.close(descriptor)


def _digests() -> dict[str, str]:
    """Return the SHA-256 of each configuration file of this service that can be read."""
    named = {
        "service": os.environ.get(VARIABLE, ""),
        "policy": getattr(settings, "POLICY_FILE", ""),
        "nodes": getattr(settings, "NODES_FILE", ""),
    }
    found = {}
    for name, path in named.items():
        with contextlib.suppress(OSError):
            found[name] = f"sha256:{hashlib.sha256(Path(path).read_bytes()).hexdigest()}"
    return found


def _parsed(content: bytes) -> dict[str, str]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    takes = FIELDS["hash_before"].takes
    return {str(name): digest for name, digest in found.items() if takes(digest)}
