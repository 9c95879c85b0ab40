"""What an event may say beside its code: every field, its ECS name, and the form of its value.

No field takes free text: a value is a number, a name from a list, or a short run of characters
in a fixed form. Nothing a person typed fits any of them.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Value = str | int

LARGEST_NUMBER = 2**53 - 1
# Below this a count that several respondents make together is told as "less than" only.
SMALL_COUNT = 10

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SHORT_DIGEST = re.compile(r"[0-9a-f]{32}")
_WORD = re.compile(r"[a-z][a-z0-9]{0,23}([._-][a-z0-9]{1,24}){0,7}")
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SURVEY = re.compile(r"[0-9a-f]{32}")
_HOUR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}Z")

DURATIONS = ("under_10s", "under_1m", "under_10m", "under_1h", "over_1h")
KEY_KINDS = ("share", "outer", "issuer", "identity", "wrapping", "signing", "tls", "api_token")
CONFIG_FILES = ("service", "policy", "nodes")
PEERS = ("a", "b", "c", "relay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: the name it has in a line, what it means, and which values it takes."""

    ecs: str
    meaning: str
    takes: Callable[[Value], bool]


def _matches(form: re.Pattern[str]) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def _among(names: tuple[str, ...]) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, str) and value in names


def _is_number(value: Value) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_NUMBER


FIELDS: Mapping[str, Field] = {
    "manifest": Field(
        ecs="drempel.manifest", meaning="digest of the manifest", takes=_matches(_DIGEST)
    ),
    "survey": Field(ecs="drempel.survey", meaning="survey id", takes=_matches(_SURVEY)),
    "job": Field(ecs="drempel.job", meaning="number of the job's row", takes=_is_number),
    "round": Field(ecs="drempel.round", meaning="round of the computation", takes=_is_number),
    "attempt": Field(ecs="drempel.attempt", meaning="attempt of the round", takes=_is_number),
    "peer": Field(
        ecs="drempel.peer", meaning="the node it is about, or the relay", takes=_among(PEERS)
    ),
    "reason": Field(
        ecs="event.reason", meaning="stable code of the cause", takes=_matches(_WORD)
    ),
    "duration": Field(
        ecs="drempel.duration", meaning="class of duration", takes=_among(DURATIONS)
    ),
    "count": Field(
        ecs="drempel.count",
        meaning=f"how many; under {SMALL_COUNT} as drempel.count_below only",
        takes=_is_number,
    ),
    "hour": Field(ecs="drempel.hour", meaning="hour of the count, UTC", takes=_matches(_HOUR)),
    "excluded": Field(
        ecs="drempel.excluded", meaning="packages left out, as published", takes=_is_number
    ),
    "result": Field(
        ecs="drempel.result", meaning="digest of what was signed", takes=_matches(_DIGEST)
    ),
    "key": Field(
        ecs="drempel.key",
        meaning="first 16 bytes of SHA-256 of the public key",
        takes=_matches(_SHORT_DIGEST),
    ),
    "key_kind": Field(
        ecs="drempel.key_kind", meaning="what it is for", takes=_among(KEY_KINDS)
    ),
    "person": Field(
        ecs="user.hash", meaning="pseudonym of who acted", takes=_matches(_SHORT_DIGEST)
    ),
    "target": Field(
        ecs="user.target.hash",
        meaning="pseudonym of whom it was done to",
        takes=_matches(_SHORT_DIGEST),
    ),
    "organisation": Field(
        ecs="organization.id", meaning="the organisation's id", takes=_matches(_UUID)
    ),
    "state": Field(ecs="drempel.state", meaning="state of a request", takes=_matches(_WORD)),
    "role": Field(ecs="drempel.role", meaning="role, after a change", takes=_matches(_WORD)),
    "role_before": Field(
        ecs="drempel.role_before", meaning="role before a change", takes=_matches(_WORD)
    ),
    "method": Field(
        ecs="drempel.method", meaning="how somebody signed in", takes=_matches(_WORD)
    ),
    "file": Field(
        ecs="drempel.file", meaning="which configuration file", takes=_among(CONFIG_FILES)
    ),
    "hash_before": Field(
        ecs="drempel.hash_before", meaning="SHA-256 before", takes=_matches(_DIGEST)
    ),
    "hash_after": Field(
        ecs="drempel.hash_after", meaning="SHA-256 after", takes=_matches(_DIGEST)
    ),
    "seconds": Field(ecs="drempel.seconds", meaning="whole seconds", takes=_is_number),
    "takeovers": Field(
        ecs="drempel.takeovers", meaning="times the lease changed hands", takes=_is_number
    ),
    "kept": Field(ecs="drempel.kept", meaning="events written late", takes=_is_number),
    "lost": Field(ecs="drempel.lost", meaning="events not written", takes=_is_number),
    "version": Field(
        ecs="service.version", meaning="version of Drempel", takes=_matches(_VERSION)
    ),
}


def duration_class(seconds: float) -> str:
    """Return the class of a duration: a finer one would tell how many answers there were."""
    for name, limit in zip(DURATIONS, (10, 60, 600, 3600), strict=False):
        if seconds < limit:
            return name
    return DURATIONS[-1]


def reason_code(text: str) -> str:
    """Return a code or a reason of ours as ``reason`` takes it; ``other`` for anything else."""
    code = text.replace(" ", "_")
    return code if FIELDS["reason"].takes(code) else "other"


def key_id(public: bytes) -> str:
    """Return the value of ``key`` for a public key."""
    return hashlib.sha256(public).hexdigest()[:32]
