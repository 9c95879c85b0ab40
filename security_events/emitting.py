"""Write one event: check it against the catalogue, make its line, hand it to the sink.

An event whose code, field or value the catalogue does not know is a programming error and
raises at once. What a person orders (an *act*) is refused while its event cannot be written:
call ``emit`` inside the act's transaction, last before the commit. A crash may then leave an
event without its act, never an act without its event. Everything else is written when it can
be, and disturbs nobody.
"""

import itertools
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from problems import Unavailable
from security_events.build import build_digest
from security_events.catalogue import CATALOGUE, Entry
from security_events.fields import FIELDS, SMALL_COUNT, Value
from security_events.sink import Sink, SinkDown

ECS_VERSION = "8.17.0"
OUTCOMES = ("success", "failure", "unknown")
# One line is one write of at most a page, so that it is whole or absent.
LONGEST_LINE = 4096
RETRY_AFTER_SECONDS = 30
RARELY_SECONDS = 3600.0


class UnknownEventError(Exception):
    """The catalogue has no such event, or the event no such field or value."""


class EventsDown(Unavailable):
    """The act is not done, because it cannot be written that it was."""

    wait = RETRY_AFTER_SECONDS

    def __init__(self) -> None:
        super().__init__(
            "events.unavailable",
            "This cannot be done now, because the log of security events cannot be written.",
        )


def emit(code: str, *, outcome: str = "success", **fields: Value) -> None:
    """Write an event; raise EventsDown for an act that cannot be written.

    Raises UnknownEventError for what the catalogue does not know. Waits two seconds at most.
    """
    _emit(code, outcome, fields, is_act=CATALOGUE[code].is_act if code in CATALOGUE else False)


def emit_anyway(code: str, *, outcome: str = "success", **fields: Value) -> None:
    """Write an event of something that nobody ordered, as when a clock did; never refuse."""
    _emit(code, outcome, fields, is_act=False)


def emit_rarely(code: str, *, peer: str, outcome: str = "success", **fields: Value) -> None:
    """Write an event about a peer, at most once an hour and process, however often it happens.

    For what a call to a peer meets: it is repeated every few seconds while it lasts.
    """
    now = time.monotonic()
    if now - _rarely.get((code, peer), -RARELY_SECONDS) >= RARELY_SECONDS:
        _rarely[code, peer] = now
        _emit(code, outcome, {"peer": peer, **fields}, is_act=False)


def process_named(kind: str) -> None:
    """Say what this process is (``web`` or ``worker``); without it, it is a ``command``."""
    _process["kind"] = kind


def _emit(code: str, outcome: str, fields: dict[str, Value], *, is_act: bool) -> None:
    line = event_line(code, outcome, fields)
    path = str(settings.EVENTS_FILE)
    if not path:  # unit tests only (drempel.E040)
        return
    is_refused = is_act and outcome == "success"
    try:
        _sink.write(Path(path), line, is_kept=not is_refused)
    except SinkDown:
        if is_refused:
            raise EventsDown from None


def event_line(code: str, outcome: str, fields: dict[str, Value]) -> bytes:
    """Return an event's line; raise UnknownEventError for what the catalogue does not know."""
    entry = CATALOGUE.get(code)
    if entry is None or entry.is_reserved or outcome not in OUTCOMES:
        raise UnknownEventError(code)
    for name, value in fields.items():
        if name not in entry.fields or isinstance(value, bool) or not FIELDS[name].takes(value):
            # The value stays out of the exception: it may be what must not be logged.
            raise UnknownEventError(f"{code}: {name}")
    members = {**_common(code, entry, outcome), **_told(fields)}
    line = json.dumps(members, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
    if len(line) > LONGEST_LINE:
        raise UnknownEventError(f"{code}: too long")
    return line


def _common(code: str, entry: Entry, outcome: str) -> dict[str, object]:
    now = datetime.now(UTC)
    role = str(settings.ROLE)
    name = str(settings.NODE_NAME) if role == "node" else role
    members: dict[str, object] = {
        "@timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
        "ecs.version": ECS_VERSION,
        "event.code": code,
        "event.action": code.replace(".", "-").replace("_", "-"),
        "event.kind": entry.kind,
        "event.category": [entry.category],
        "event.type": [entry.type],
        "event.outcome": outcome,
        "event.severity": entry.severity,
        "event.sequence": next(_sequence),
        "service.name": f"drempel-{role}",
        "service.type": "drempel",
        "service.node.name": name,
        "process.name": _process["kind"],
        "process.pid": os.getpid(),
        "drempel.build": build_digest(),
    }
    if entry.ocsf:
        members["ocsf.class_uid"] = entry.ocsf
    return members


def _told(fields: dict[str, Value]) -> dict[str, Value]:
    """Return the fields under their ECS names; a small count only as less than SMALL_COUNT."""
    told = {FIELDS[name].ecs: value for name, value in sorted(fields.items())}
    count = fields.get("count")
    if isinstance(count, int) and count < SMALL_COUNT:
        del told[FIELDS["count"].ecs]
        told["drempel.count_below"] = SMALL_COUNT
    return told


def _told_down() -> bytes:
    return event_line("log.sink_down", "failure", {})


def _told_up(kept: int, lost: int) -> bytes:
    return event_line("log.sink_up", "success", {"kept": kept, "lost": lost})


def _begin_anew() -> None:
    """Give a process after a fork a sink and numbers of its own: threads do not follow it."""
    global _sink, _sequence  # noqa: PLW0603 - one of each per process
    _sink = Sink(_told_down, _told_up)
    _sequence = itertools.count(1)


_process = {"kind": "command"}
_rarely: dict[tuple[str, str], float] = {}
_sink = Sink(_told_down, _told_up)
_sequence = itertools.count(1)
os.register_at_fork(after_in_child=_begin_anew)
