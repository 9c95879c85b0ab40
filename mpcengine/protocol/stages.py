"""Build and read the body of every stage message of a survey job.

Source: docs/protocol.md §10 and §13; for requests see ``request_stages``. Each body is
canonical JSON with ``format`` = ``drempel-<stage>/1``, the manifest's digest and the sender's
name; the sender signs it under the label of the stage. Nodes only store and send these bytes;
the same bytes for ever.
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
from mpcengine.protocol.strict import LARGEST_INTEGER, Fields, to_base64
from mpcengine.protocol.text_shares import Texts, texts_from_json, texts_to_json

_HOST = re.compile(r"[A-Za-z0-9.:\-]{1,253}")
_COMMON = ("format", "manifest", "node")
# Rounds 1 and 2 end in a pattern; round 3, which mixes texts, in the opening. Rounds 4 to 6 are
# those of requests (docs/protocol.md §16.8).
LARGEST_ROUND, TEXT_ROUND = 8, 3
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


def build_pad(message: Pad) -> bytes:
    """Return the bytes of a ``pad`` message; never published."""
    return build_stage("pad", message.manifest, message.node, seed=message.seed.hex())


def parse_pad(data: bytes) -> Pad:
    """Read a ``pad`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "pad", "seed")
    return Pad(**common, seed=bytes.fromhex(top.hexadecimal("seed", SEED_BYTES)))


def build_commit(message: Commit) -> bytes:
    """Return the bytes of a ``commit`` message."""
    return build_stage("commit", message.manifest, message.node, commitment=message.commitment)


def parse_commit(data: bytes) -> Commit:
    """Read a ``commit`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "commit", "commitment")
    return Commit(**common, commitment=top.digest("commitment"))


def build_list(message: IdList) -> bytes:
    """Return the bytes of a ``list`` message; ids travel as base64 of 32 bytes each."""
    ids = to_base64(pack_ids(message.ids))
    salt = message.salt.hex()
    return build_stage("list", message.manifest, message.node, salt=salt, ids=ids)


def parse_list(data: bytes) -> IdList:
    """Read a ``list`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "list", "salt", "ids")
    salt = bytes.fromhex(top.hexadecimal("salt", SALT_BYTES))
    return IdList(**common, salt=salt, ids=unpack_ids(top.data("ids")))


def build_held(message: Ids) -> bytes:
    """Return the bytes of a ``held`` message."""
    return build_stage(
        "held", message.manifest, message.node, ids=to_base64(pack_ids(message.ids))
    )


def parse_held(data: bytes) -> Ids:
    """Read a ``held`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "held", "ids")
    return Ids(**common, ids=unpack_ids(top.data("ids")))


def build_root(message: Root) -> bytes:
    """Return the bytes of a ``root`` message."""
    return build_stage(
        "root",
        message.manifest,
        message.node,
        root=message.root,
        size=message.size,
        superseded=message.superseded,
    )


def parse_root(data: bytes) -> Root:
    """Read a ``root`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "root", "root", "size", "superseded")
    return Root(
        **common,
        root=top.digest("root"),
        size=top.integer("size", 0),
        superseded=top.integer("superseded", 0),
    )


def build_verdict(message: Ids) -> bytes:
    """Return the bytes of a ``verdict`` message: the ids this node cannot unseal."""
    ids = to_base64(pack_ids(message.ids))
    return build_stage("verdict", message.manifest, message.node, cannot_unseal=ids)


def parse_verdict(data: bytes) -> Ids:
    """Read a ``verdict`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "verdict", "cannot_unseal")
    return Ids(**common, ids=unpack_ids(top.data("cannot_unseal")))


def build_checked(message: Checked) -> bytes:
    """Return the bytes of a ``checked`` message."""
    return build_stage(
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
    top, common = open_stage(data, "checked", "verdict", "accepted", "coin", "lines")
    return Checked(
        **common,
        verdict=top.digest("verdict"),
        accepted=top.integer("accepted", 0),
        coin=top.digest("coin"),
        lines=top.digest("lines"),
    )


def build_ready(message: Ready) -> bytes:
    """Return the bytes of a ``ready`` message."""
    return build_stage(
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
    top, common = open_stage(data, "ready", *keys)
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
    return build_stage("done", message.manifest, message.node, **numbers)


def parse_done(data: bytes) -> Done:
    """Read a ``done`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "done", "round", "attempt")
    return Done(
        **common,
        round=top.integer("round", 1, LARGEST_ROUND),
        attempt=top.integer("attempt", 1, LARGEST_ATTEMPT),
    )


def build_pattern(message: PatternShares) -> bytes:
    """Return the bytes of a ``pattern`` message; shares are decimal strings below p."""
    shares = [format_element(share) for share in message.shares]
    return build_stage(
        "pattern", message.manifest, message.node, round=message.round, shares=shares
    )


def parse_pattern(data: bytes) -> PatternShares:
    """Read a ``pattern`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "pattern", "round", "shares")
    shares = top.items("shares", 0, LARGEST_INTEGER)
    return PatternShares(
        **common,
        round=top.integer("round", 1, _LARGEST_PATTERN),
        shares=tuple(parse_element(share) for share in shares),
    )


def build_opening(message: Opening) -> bytes:
    """Return the bytes of an ``opening`` message; shares are decimal strings below p."""
    return build_stage(
        "opening",
        message.manifest,
        message.node,
        shares=shares_to_json(message.shares),
        texts=texts_to_json(message.texts),
    )


def parse_opening(data: bytes) -> Opening:
    """Read an ``opening`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "opening", "shares", "texts")
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


def build_stage(stage: str, manifest: Digest, node: str, **fields: JSON) -> bytes:
    """Return the canonical bytes of a stage message with these further keys."""
    head = {"format": f"drempel-{stage}/1", "manifest": manifest, "node": node}
    return canonical({**head, **fields})


def open_stage(data: bytes, stage: str, *keys: str) -> tuple[Fields, dict[str, str]]:
    """Return a stage message's fields, and its manifest and sender by name.

    Raises MalformedMessage if it is not of this stage or has other keys.
    """
    top = Fields(parse_canonical(data), required=(*_COMMON, *keys))
    top.choice("format", (f"drempel-{stage}/1",))
    return top, {"manifest": top.digest("manifest"), "node": top.choice("node", NODE_NAMES)}
