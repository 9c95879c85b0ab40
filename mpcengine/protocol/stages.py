"""Build and read the body of every stage message of a survey job.

Source: docs/protocol.md §10 and §13. Each body is canonical JSON with ``format`` =
``drempel-<stage>/1``, the manifest's digest and the sender's name; the sender signs it under
the label of the stage. Nodes only store and send these bytes; the same bytes for ever.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mpcengine.protocol.batch import SALT_BYTES, pack_ids, unpack_ids
from mpcengine.protocol.canonical import JSON, Digest, canonical, parse_canonical
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import format_element, parse_element
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.padding import SEED_BYTES
from mpcengine.protocol.signing import (
    LABEL_CHECKED,
    LABEL_COIN,
    LABEL_COMMIT,
    LABEL_DONE,
    LABEL_HELD,
    LABEL_LINES,
    LABEL_LIST,
    LABEL_OPENING,
    LABEL_PAD,
    LABEL_PATTERN,
    LABEL_READY,
    LABEL_ROOT,
    LABEL_TOSS,
    LABEL_VERDICT,
)
from mpcengine.protocol.strict import LARGEST_INTEGER, Fields, to_base64
from mpcengine.protocol.text_shares import Texts, texts_from_json, texts_to_json

_LABELS = {
    "pad": LABEL_PAD,
    "commit": LABEL_COMMIT,
    "list": LABEL_LIST,
    "held": LABEL_HELD,
    "root": LABEL_ROOT,
    "verdict": LABEL_VERDICT,
    "toss": LABEL_TOSS,
    "coin": LABEL_COIN,
    "lines": LABEL_LINES,
    "checked": LABEL_CHECKED,
    "ready": LABEL_READY,
    "done": LABEL_DONE,
    "pattern": LABEL_PATTERN,
    "opening": LABEL_OPENING,
}
_NUMBERS = {"toss": 1, "coin": 1, "ready": 2, "done": 2, "pattern": 1}
_STAGE = re.compile(r"[a-z]+(/[1-9][0-9]{0,5})*")
_HOST = re.compile(r"[A-Za-z0-9.:\-]{1,253}")
_COMMON = ("format", "manifest", "node")
# Rounds 1 and 2 end in a pattern; round 3, which mixes texts, in the opening.
LARGEST_ROUND, TEXT_ROUND = 3, 3
_LARGEST_PATTERN = 2
LARGEST_ATTEMPT = 999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Pad:
    """Give a node's part of the padding seed: for the other two nodes, and nobody else."""

    manifest: Digest
    node: str
    seed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Bind a node to the list it will send, before it sees the others' lists."""

    manifest: Digest
    node: str
    commitment: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class IdList:
    """Give the ids a node accepted, and the salt that opens its commitment."""

    manifest: Digest
    node: str
    salt: bytes
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """Give ids a node holds of the union (``held``) or cannot unseal (``verdict``)."""

    manifest: Digest
    node: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """State the frozen batch: its root, its size, how many packages were superseded."""

    manifest: Digest
    node: str
    root: Digest
    size: int
    superseded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """State the joint verdict's digest, how many packages it accepts, and what it rests on.

    ``coin``: digest of the coin's transcript; ``lines``: digest of the three nodes' values.
    """

    manifest: Digest
    node: str
    verdict: Digest
    accepted: int
    coin: Digest
    lines: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Say where a node's party of this attempt listens and with which certificate."""

    manifest: Digest
    node: str
    round: int
    attempt: int
    party_host: str
    party_port: int
    pin: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Say that a node has stored its party's outputs of this attempt."""

    manifest: Digest
    node: str
    round: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternShares:
    """Give a node's shares of the pattern bits of a round, in the flattened order."""

    manifest: Digest
    node: str
    round: int
    shares: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Give a node's shares of the released values, by name, and of texts, by question."""

    manifest: Digest
    node: str
    shares: Mapping[str, int]
    texts: Texts = field(default_factory=dict)


def stage_label(stage: str) -> bytes:
    """Return the signing label of a stage such as ``root``, ``ready/1/2`` or ``pattern/1``.

    Raises MalformedMessage for a stage that does not exist.
    """
    name, *numbers = stage.split("/")
    fits = _STAGE.fullmatch(stage) is not None and len(numbers) == _NUMBERS.get(name, 0)
    if name not in _LABELS or not fits:
        raise MalformedMessage("stage.unknown", "This stage of a job does not exist.")
    return _LABELS[name]


def build_pad(message: Pad) -> bytes:
    """Return the bytes of a ``pad`` message; never published."""
    return _build("pad", message.manifest, message.node, seed=message.seed.hex())


def parse_pad(data: bytes) -> Pad:
    """Read a ``pad`` message; raise MalformedMessage if it is not exactly one."""
    top, common = _open(data, "pad", "seed")
    return Pad(**common, seed=bytes.fromhex(top.hexadecimal("seed", SEED_BYTES)))


def build_commit(message: Commit) -> bytes:
    """Return the bytes of a ``commit`` message."""
    return _build("commit", message.manifest, message.node, commitment=message.commitment)


def parse_commit(data: bytes) -> Commit:
    """Read a ``commit`` message; raise MalformedMessage if it is not exactly one."""
    top, common = _open(data, "commit", "commitment")
    return Commit(**common, commitment=top.digest("commitment"))


def build_list(message: IdList) -> bytes:
    """Return the bytes of a ``list`` message; ids travel as base64 of 32 bytes each."""
    ids = to_base64(pack_ids(message.ids))
    salt = message.salt.hex()
    return _build("list", message.manifest, message.node, salt=salt, ids=ids)


def parse_list(data: bytes) -> IdList:
    """Read a ``list`` message; raise MalformedMessage if it is not exactly one."""
    top, common = _open(data, "list", "salt", "ids")
    salt = bytes.fromhex(top.hexadecimal("salt", SALT_BYTES))
    return IdList(**common, salt=salt, ids=unpack_ids(top.data("ids")))


def build_held(message: Ids) -> bytes:
    """Return the bytes of a ``held`` message."""
    return _build("held", message.manifest, message.node, ids=to_base64(pack_ids(message.ids)))


def parse_held(data: bytes) -> Ids:
    """Read a ``held`` message; raise MalformedMessage if it is not exactly one."""
    top, common = _open(data, "held", "ids")
    return Ids(**common, ids=unpack_ids(top.data("ids")))


def build_root(message: Root) -> bytes:
    """Return the bytes of a ``root`` message."""
    return _build(
        "root",
        message.manifest,
        message.node,
        root=message.root,
        size=message.size,
        superseded=message.superseded,
    )


def parse_root(data: bytes) -> Root:
    """Read a ``root`` message; raise MalformedMessage if it is not exactly one."""
    top, common = _open(data, "root", "root", "size", "superseded")
    return Root(
        **common,
        root=top.digest("root"),
        size=top.integer("size", 0),
        superseded=top.integer("superseded", 0),
    )


def build_verdict(message: Ids) -> bytes:
    """Return the bytes of a ``verdict`` message: the ids this node cannot unseal."""
    ids = to_base64(pack_ids(message.ids))
    return _build("verdict", message.manifest, message.node, cannot_unseal=ids)


def parse_verdict(data: bytes) -> Ids:
    """Read a ``verdict`` message; raise MalformedMessage if it is not exactly one."""
    top, common = _open(data, "verdict", "cannot_unseal")
    return Ids(**common, ids=unpack_ids(top.data("cannot_unseal")))


def build_checked(message: Checked) -> bytes:
    """Return the bytes of a ``checked`` message."""
    return _build(
        "checked",
        message.manifest,
        message.node,
        verdict=message.verdict,
        accepted=message.accepted,
        coin=message.coin,
        lines=message.lines,
    )


def parse_checked(data: bytes) -> Checked:
    """Read a ``checked`` message; raise MalformedMessage if it is not exactly one."""
    top, common = _open(data, "checked", "verdict", "accepted", "coin", "lines")
    return Checked(
        **common,
        verdict=top.digest("verdict"),
        accepted=top.integer("accepted", 0),
        coin=top.digest("coin"),
        lines=top.digest("lines"),
    )


def build_ready(message: Ready) -> bytes:
    """Return the bytes of a ``ready`` message."""
    return _build(
        "ready",
        message.manifest,
        message.node,
        round=message.round,
        attempt=message.attempt,
        party_host=message.party_host,
        party_port=message.party_port,
        pin=message.pin,
    )


def parse_ready(data: bytes) -> Ready:
    """Read a ``ready`` message; raise MalformedMessage if it is not exactly one."""
    keys = ("round", "attempt", "party_host", "party_port", "pin")
    top, common = _open(data, "ready", *keys)
    host = top.text("party_host", longest=253)
    if _HOST.fullmatch(host) is None:
        raise top.refuse("party_host", "must be a host name or an address")
    return Ready(
        **common,
        round=top.integer("round", 1, LARGEST_ROUND),
        attempt=top.integer("attempt", 1, LARGEST_ATTEMPT),
        party_host=host,
        party_port=top.integer("party_port", 1, 65535),
        pin=top.digest("pin"),
    )


def build_done(message: Done) -> bytes:
    """Return the bytes of a ``done`` message."""
    numbers = {"round": message.round, "attempt": message.attempt}
    return _build("done", message.manifest, message.node, **numbers)


def parse_done(data: bytes) -> Done:
    """Read a ``done`` message; raise MalformedMessage if it is not exactly one."""
    top, common = _open(data, "done", "round", "attempt")
    return Done(
        **common,
        round=top.integer("round", 1, LARGEST_ROUND),
        attempt=top.integer("attempt", 1, LARGEST_ATTEMPT),
    )


def build_pattern(message: PatternShares) -> bytes:
    """Return the bytes of a ``pattern`` message; shares are decimal strings below p."""
    shares = [format_element(share) for share in message.shares]
    return _build("pattern", message.manifest, message.node, round=message.round, shares=shares)


def parse_pattern(data: bytes) -> PatternShares:
    """Read a ``pattern`` message; raise MalformedMessage if it is not exactly one."""
    top, common = _open(data, "pattern", "round", "shares")
    shares = top.items("shares", 0, LARGEST_INTEGER)
    return PatternShares(
        **common,
        round=top.integer("round", 1, _LARGEST_PATTERN),
        shares=tuple(parse_element(share) for share in shares),
    )


def build_opening(message: Opening) -> bytes:
    """Return the bytes of an ``opening`` message; shares are decimal strings below p."""
    return _build(
        "opening",
        message.manifest,
        message.node,
        shares=shares_to_json(message.shares),
        texts=texts_to_json(message.texts),
    )


def parse_opening(data: bytes) -> Opening:
    """Read an ``opening`` message; raise MalformedMessage if it is not exactly one."""
    top, common = _open(data, "opening", "shares", "texts")
    return Opening(
        **common,
        shares=shares_from_json(top.raw("shares")),
        texts=texts_from_json(top.raw("texts")),
    )


def shares_to_json(shares: Mapping[str, int]) -> dict[str, JSON]:
    """Write shares by name as decimal strings."""
    return {name: format_element(share) for name, share in shares.items()}


def shares_from_json(value: JSON) -> dict[str, int]:
    """Read shares by name; raise MalformedMessage if one is not an element of the field."""
    if not isinstance(value, dict):
        raise MalformedMessage("shares.form", "Shares must be a JSON object of names.")
    return {name: parse_element(text) for name, text in value.items()}


def _build(stage: str, manifest: Digest, node: str, **fields: JSON) -> bytes:
    head = {"format": f"drempel-{stage}/1", "manifest": manifest, "node": node}
    return canonical({**head, **fields})


def _open(data: bytes, stage: str, *keys: str) -> tuple[Fields, dict[str, str]]:
    top = Fields(parse_canonical(data), required=(*_COMMON, *keys))
    top.choice("format", (f"drempel-{stage}/1",))
    return top, {"manifest": top.digest("manifest"), "node": top.choice("node", NODE_NAMES)}
