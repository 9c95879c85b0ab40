"""What a node's worker and its party process say to each other through pipes.

Source: docs/protocol.md §16. On standard input: a frame with the spec (u32 little-endian
length, canonical JSON), then in rounds 1 and 3 ``rows`` × ``width`` little-endian 64-bit words.
On standard output: a frame with the outcome's header, then its arrays one after the other.
On failure one JSON line on standard error. Nothing here reads or writes: bytes in, bytes out.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON, Digest, canonical, parse_canonical
from mpcengine.protocol.codec import check_vector
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import ELEMENT_BYTES, format_element, parse_element
from mpcengine.protocol.strict import Fields

FRAME_LIMIT = 64 * 2**20
PREFIX_BYTES = 4
EXIT_DONE, EXIT_OTHER, EXIT_BAD_SPEC, EXIT_NAMED = 0, 1, 2, 3

CAUSE_BAD_SHARE, CAUSE_TEXTS_CHANGED = "bad_share", "texts_changed"
# Every way in which an attempt may end without an outcome, by exit code 3.
CAUSES = (
    "peer_lost",
    "peer_stalled",
    "peer_unknown_cert",
    "impersonation_refused",
    "frame_rejected",
    "digest_mismatch",
    "connect_timeout",
    "deadline",
    CAUSE_BAD_SHARE,
    CAUSE_TEXTS_CHANGED,
)
CAUSE_BAD_SPEC, CAUSE_OTHER = "bad_spec", "internal"
# Places where a party told so by its spec (``fault``) kills itself, for recovery tests.
FAULT_POINTS = ("party.connected", "party.rows_read", "party.computed", "party.before_outcome")

_LENGTH = struct.Struct("<I")
_OUTCOME = "drempel-party-outcome/1"
_SPEC = "drempel-party-spec/1"
_SPEC_KEYS = (
    *("format", "job", "attempt", "round", "index", "root", "survey", "rows", "width"),
    *("listen_fd", "certificate", "private_key", "pin", "peers", "accepted", "min_count"),
    *("draw_seed", "deadline_seconds", "connect_seconds", "stall_seconds"),
)
_ROUND_KEYS = {2: ("counts", "pattern"), 3: ("texts",)}
_TEXTS_ARRAY = "texts/"
MOST_TEXTS, MOST_TEXT_WORDS = 512, 4096
LARGEST_SECONDS = 86_400.0
# Rounds from 4 on compute on words: order, merge, outcome, difference, contact (``wordswire``).
FIRST_WORDS_ROUND, LAST_ROUND = 4, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAddress:
    """Say where a peer's party listens in this attempt, and which certificate it shows.

    ``pin``: SHA-256 of the certificate's DER form, 64 hexadecimal digits.
    """

    index: int
    host: str
    port: int
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextColumns:
    """Say which columns of a row of round 3 come next: ``answered``, then ``words`` words."""

    question: str
    words: int

    @property
    def array(self) -> str:
        """Return the name of the outcome's array: the words of the answered rows."""
        return _TEXTS_ARRAY + self.question


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PartySpec:
    """Tell one party everything about one attempt of one round.

    ``job``: digest of the manifest; ``index``: 1, 2, 3; ``listen_fd``: an inherited socket that
    listens already; ``survey``: the survey's normal form, from which the plan is rebuilt;
    ``rows`` × ``width``: size of the stream that follows in rounds 1 and 3 (0 rows in round 2);
    ``accepted``: number of accepted records; ``counts`` (own shares) and ``pattern`` (public
    bits of round 1): round 2 only; ``texts``: the columns of round 3. Its fields are kept out
    of ``repr``: a key and shares.
    """

    job: Digest
    attempt: int
    round: int
    index: int
    listen_fd: int
    certificate: str
    private_key: str
    pin: str
    peers: tuple[PeerAddress, PeerAddress]
    root: Digest
    survey: JSON
    rows: int
    width: int
    accepted: int
    min_count: int
    draw_seed: bytes
    deadline_seconds: float
    connect_seconds: float = 20.0
    stall_seconds: float = 30.0
    counts: tuple[int, ...] = ()
    pattern: tuple[int, ...] = ()
    texts: tuple[TextColumns, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeHeader:
    """Describe a finished attempt: which arrays follow, and what it took.

    ``round`` is 0 for a check of reports (``checkwire``), 4 to 6 for words (``wordswire``).

    ``arrays``: name and number of elements, in the order of the stream; ``notices``: refused
    connections as (event, peer), peer 0 if it is nobody known; ``figures``: bytes sent, rounds,
    seconds by phase and peak memory, no more.
    """

    round: int
    arrays: tuple[tuple[str, int], ...]
    notices: tuple[tuple[str, int], ...]
    figures: dict[str, float]

    @property
    def body_bytes(self) -> int:
        """Return the number of bytes that follow the header."""
        return ELEMENT_BYTES * sum(count for _, count in self.arrays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Name why an attempt ended: a cause, its peer (0: none) and a public detail."""

    cause: str
    peer: int
    detail: str


def frame(obj: JSON) -> bytes:
    """Return ``obj`` as canonical JSON after its length."""
    body = canonical(obj)
    if len(body) > FRAME_LIMIT:
        raise MalformedMessage("party.frame", "A frame is larger than 64 MiB.")
    return _LENGTH.pack(len(body)) + body


def frame_length(prefix: bytes) -> int:
    """Return the length of the frame that follows; raise MalformedMessage over 64 MiB."""
    if len(prefix) != PREFIX_BYTES:
        raise MalformedMessage("party.frame", "A frame ends before its length.")
    length = int(_LENGTH.unpack(prefix)[0])
    if length > FRAME_LIMIT:
        raise MalformedMessage("party.frame", "A frame is larger than 64 MiB.")
    return length


def encode_spec(spec: PartySpec) -> bytes:
    """Return the frame of a spec, to be written to the party's standard input."""
    value: dict[str, JSON] = {
        "format": _SPEC,
        "job": spec.job,
        "attempt": spec.attempt,
        "round": spec.round,
        "index": spec.index,
        "listen_fd": spec.listen_fd,
        "certificate": spec.certificate,
        "private_key": spec.private_key,
        "pin": spec.pin,
        "peers": peers_json(spec.peers),
        "root": spec.root,
        "survey": spec.survey,
        "rows": spec.rows,
        "width": spec.width,
        "accepted": spec.accepted,
        "min_count": spec.min_count,
        "draw_seed": spec.draw_seed.hex(),
        "deadline_seconds": spec.deadline_seconds,
        "connect_seconds": spec.connect_seconds,
        "stall_seconds": spec.stall_seconds,
    }
    if spec.round == 2:
        value["counts"] = [format_element(count) for count in spec.counts]
        value["pattern"] = list(spec.pattern)
    if spec.round == 3:
        value["texts"] = texts_json(spec.texts)
    if spec.fault is not None:
        value["fault"] = spec.fault
    return frame(value)


def parse_spec(body: bytes) -> PartySpec:
    """Read the spec in a frame's body; raise MalformedMessage naming the key that is wrong."""
    obj = parse_canonical(body)
    said = obj.get("round") if isinstance(obj, dict) else None
    more = _ROUND_KEYS.get(said, ()) if type(said) is int else ()
    fields = Fields(obj, "spec", required=(*_SPEC_KEYS, *more), optional=("fault",))
    fields.choice("format", [_SPEC])
    index = fields.integer("index", 1, 3)
    width = fields.integer("width", 1, 2**20)
    second = said == 2
    return PartySpec(
        job=fields.digest("job"),
        attempt=fields.integer("attempt", 1, 2**31),
        round=fields.integer("round", 1, 3),
        index=index,
        listen_fd=fields.integer("listen_fd", 3, 2**20),
        certificate=fields.text("certificate", longest=10_000),
        private_key=fields.text("private_key", longest=10_000),
        pin=fields.hexadecimal("pin", 32),
        peers=parse_peers(fields, index),
        root=fields.digest("root"),
        survey=fields.raw("survey"),
        rows=fields.integer("rows", 0, 0 if second else 2**31),
        width=width,
        accepted=fields.integer("accepted", 0, 2**31),
        min_count=fields.integer("min_count", 1, 2**31),
        draw_seed=bytes.fromhex(fields.hexadecimal("draw_seed", 32)),
        deadline_seconds=parse_seconds(fields, "deadline_seconds"),
        connect_seconds=parse_seconds(fields, "connect_seconds"),
        stall_seconds=parse_seconds(fields, "stall_seconds"),
        counts=_counts(fields, width) if second else (),
        pattern=_pattern(fields) if second else (),
        texts=_texts(fields, width) if said == 3 else (),
        fault=fields.choice("fault", FAULT_POINTS) if fields.has("fault") else None,
    )


def encode_outcome(
    round_number: int,
    arrays: Sequence[tuple[str, int]],
    *,
    notices: Sequence[tuple[str, int]] = (),
    figures: Mapping[str, float],
) -> bytes:
    """Return the frame that announces the arrays of a finished attempt."""
    return frame(
        {
            "format": _OUTCOME,
            "round": round_number,
            "arrays": [{"name": name, "count": count} for name, count in arrays],
            "notices": [{"event": event, "peer": peer} for event, peer in notices],
            "figures": dict(figures),
        }
    )


def parse_outcome(body: bytes) -> OutcomeHeader:
    """Read an outcome's header; raise MalformedMessage if it is not one."""
    fields = Fields(
        parse_canonical(body),
        "outcome",
        required=("format", "round", "arrays", "notices", "figures"),
    )
    fields.choice("format", [_OUTCOME])
    arrays = fields.rows("arrays", 1, MOST_TEXTS, required=("name", "count"))
    notices = fields.rows("notices", 0, 1000, required=("event", "peer"))
    return OutcomeHeader(
        round=fields.integer("round", 0, LAST_ROUND),
        arrays=tuple((row.text("name"), row.integer("count", 0, 2**24)) for row in arrays),
        notices=tuple((row.text("event"), row.integer("peer", 0, 3)) for row in notices),
        figures=dict(fields.raw("figures")),
    )


def split_arrays(header: OutcomeHeader, body: bytes) -> dict[str, bytes]:
    """Cut the stream after a header into its named arrays of little-endian u64.

    Field elements, or words of any value in rounds 4 to 6. Raises MalformedMessage if the
    length is another or an element is not below p.
    """
    arrays: dict[str, bytes] = {}
    at = 0
    for name, count in header.arrays:
        stop = at + ELEMENT_BYTES * count
        part = body[at:stop]
        if header.round < FIRST_WORDS_ROUND:
            part = check_vector(part, count)
        elif len(part) != ELEMENT_BYTES * count:
            raise MalformedMessage("party.outcome", "An outcome ends too early.")
        arrays[name] = part
        at = stop
    if at != len(body):
        raise MalformedMessage("party.outcome", "An outcome has bytes after its arrays.")
    return arrays


def encode_failure(failure: Failure) -> bytes:
    """Return the one line that a failing party writes to standard error."""
    value = {"cause": failure.cause, "peer": failure.peer, "detail": failure.detail}
    return canonical(value) + b"\n"


def parse_failure(stderr: bytes) -> Failure | None:
    """Read the failure in the last line of standard error; None if it is not one."""
    lines = stderr.strip().splitlines()
    try:
        fields = Fields(
            parse_canonical(lines[-1] if lines else b""),
            "failure",
            required=("cause", "peer", "detail"),
        )
        return Failure(
            cause=fields.choice("cause", (*CAUSES, CAUSE_BAD_SPEC, CAUSE_OTHER)),
            peer=fields.integer("peer", 0, 3),
            detail=fields.text("detail", longest=1000),
        )
    except MalformedMessage:
        return None


def peers_json(peers: Sequence[PeerAddress]) -> list[JSON]:
    """Return the peers as a spec holds them."""
    return [{"index": p.index, "host": p.host, "port": p.port, "pin": p.pin} for p in peers]


def parse_peers(fields: Fields, index: int) -> tuple[PeerAddress, PeerAddress]:
    """Read ``peers``: the two parties that ``index`` is not, by ascending number."""
    rows = fields.rows("peers", 2, 2, required=("index", "host", "port", "pin"))
    first, second = (
        PeerAddress(
            index=row.integer("index", 1, 3),
            host=row.text("host"),
            port=row.integer("port", 1, 65_535),
            pin=row.hexadecimal("pin", 32),
        )
        for row in rows
    )
    if sorted({first.index, second.index, index}) != [1, 2, 3]:
        raise fields.refuse("peers", "must name the two other parties")
    if len({first.pin, second.pin, fields.raw("pin")}) != 3:
        raise fields.refuse("peers", "must have a certificate of their own each")
    return (first, second) if first.index < second.index else (second, first)


def parse_seconds(fields: Fields, key: str) -> float:
    """Read a number of seconds, more than 0 and at most a day."""
    value = fields.raw(key)
    if type(value) not in (int, float) or not 0 < value <= LARGEST_SECONDS:
        raise fields.refuse(key, "must be a number of seconds, at most a day")
    return float(value)


def _counts(fields: Fields, width: int) -> tuple[int, ...]:
    return tuple(parse_element(value) for value in fields.items("counts", width, width))


def _pattern(fields: Fields) -> tuple[int, ...]:
    bits = fields.items("pattern", 0, 2**20)
    if any(type(bit) is not int or bit not in (0, 1) for bit in bits):
        raise fields.refuse("pattern", "must be a list of zeros and ones")
    return tuple(bits)


def texts_json(texts: Sequence[TextColumns]) -> list[JSON]:
    """Return the columns of round 3 as the spec holds them and the hello digests them."""
    return [{"question": text.question, "words": text.words} for text in texts]


def _texts(fields: Fields, width: int) -> tuple[TextColumns, ...]:
    """Read the columns of round 3: different questions, which fill a row."""
    rows = fields.rows("texts", 1, MOST_TEXTS, required=("question", "words"))
    texts = tuple(
        TextColumns(
            question=row.text("question"), words=row.integer("words", 1, MOST_TEXT_WORDS)
        )
        for row in rows
    )
    if len({text.question for text in texts}) != len(texts):
        raise fields.refuse("texts", "must name different questions")
    if sum(1 + text.words for text in texts) != width:
        raise fields.refuse("texts", "must fill a row of the given width")
    return texts
