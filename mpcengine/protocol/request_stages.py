"""Build and read the body of every stage message of a request.

Source: docs/protocol.md §19.14. Form and signing are those of ``stages``; ``ready`` and
``done`` are the same messages. Nodes only store and send these bytes, the same for ever.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON, Digest, digest, digest_bytes
from mpcengine.protocol.codec import Writer
from mpcengine.protocol.consent import MOST_NONCES
from mpcengine.protocol.errors import InconsistentShares, MalformedMessage
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request_statement import (
    SharedValue,
    Words,
    join_words,
    values_from_json,
    values_to_json,
    words_from_json,
)
from mpcengine.protocol.schemas_request import MOST_OWNERS
from mpcengine.protocol.signing import LABEL_DRAW, SIGNATURE_BYTES
from mpcengine.protocol.stages import build_stage, open_stage
from mpcengine.protocol.strict import Fields, to_base64
from mpcengine.protocol.words import NONCE_BYTES

LABEL_BUCKET_JOB = b"drempel/bucket-job/1"
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Give the consents a node took: the signed bytes and the signature, by owner."""

    manifest: Digest
    node: str
    consents: Mapping[int, tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Bind a node to its part of nonce ``number``, before it sees the others' parts."""

    manifest: Digest
    node: str
    number: int
    commitment: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """Give a node's part (32 bytes) of nonce ``number``."""

    manifest: Digest
    node: str
    number: int
    part: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Ask for another nonce: ``owner`` signed that its list does not fit nonce ``number``."""

    manifest: Digest
    node: str
    number: int
    owner: int
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Say whose contributions are here whole, for which nonce: SHA-256 of headers by owner."""

    manifest: Digest
    node: str
    nonce: int
    headers: Mapping[int, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """State the root, and whose components are not those of the header at this node."""

    manifest: Digest
    node: str
    root: Digest
    owners: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Give a node's two components of the bit of each list: is it strictly increasing."""

    manifest: Digest
    node: str
    bits: Mapping[int, Words]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Give a node's two components of each value and of whether it is shown."""

    manifest: Digest
    node: str
    values: Mapping[str, SharedValue]


def bucket_digest(manifest: Digest, bucket: int) -> Digest:
    """Return the digest that stands for a manifest's in the messages of one bucket's round."""
    body = Writer().fixed(digest_bytes(manifest), _HASH_BYTES).u32(bucket).end()
    return digest(LABEL_BUCKET_JOB + b"\x00" + body)


def draw_commitment(
    manifest: Digest, *, number: int, index: int, consents: bytes, part: bytes
) -> Digest:
    """Return what node ``index`` commits to: its part of a nonce, on these consents."""
    writer = Writer().fixed(digest_bytes(manifest), _HASH_BYTES).u8(number).u8(index)
    body = writer.fixed(consents, _HASH_BYTES).fixed(part, NONCE_BYTES).end()
    return digest(LABEL_DRAW + b"\x00" + body)


def build_agreed(message: Agreed) -> bytes:
    """Return the bytes of an ``agreed`` message; consents by ascending owner."""
    rows: list[JSON] = [
        {"owner": owner, "consent": to_base64(data), "signature": to_base64(signature)}
        for owner, (data, signature) in sorted(message.consents.items())
    ]
    return build_stage("agreed", message.manifest, message.node, consents=rows)


def parse_agreed(data: bytes) -> Agreed:
    """Read an ``agreed`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "agreed", "consents")
    keys = ("owner", "consent", "signature")
    rows = top.rows("consents", 0, MOST_OWNERS, required=keys)
    consents = {
        row.integer("owner", 0, MOST_OWNERS - 1): (
            row.data("consent"),
            row.data("signature", SIGNATURE_BYTES),
        )
        for row in rows
    }
    _check_ascending(top, "consents", list(consents), len(rows))
    return Agreed(**common, consents=consents)


def build_draw(message: Draw) -> bytes:
    """Return the bytes of a ``draw`` message."""
    fields: dict[str, JSON] = {"number": message.number, "commitment": message.commitment}
    return build_stage("draw", message.manifest, message.node, **fields)


def parse_draw(data: bytes) -> Draw:
    """Read a ``draw`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "draw", "number", "commitment")
    number = top.integer("number", 1, MOST_NONCES)
    return Draw(**common, number=number, commitment=top.digest("commitment"))


def build_reveal(message: Reveal) -> bytes:
    """Return the bytes of a ``reveal`` message."""
    fields: dict[str, JSON] = {"number": message.number, "part": message.part.hex()}
    return build_stage("reveal", message.manifest, message.node, **fields)


def parse_reveal(data: bytes) -> Reveal:
    """Read a ``reveal`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "reveal", "number", "part")
    number = top.integer("number", 1, MOST_NONCES)
    part = bytes.fromhex(top.hexadecimal("part", NONCE_BYTES))
    return Reveal(**common, number=number, part=part)


def build_again(message: Again) -> bytes:
    """Return the bytes of an ``again`` message."""
    fields: dict[str, JSON] = {
        "number": message.number,
        "owner": message.owner,
        "signature": to_base64(message.signature),
    }
    return build_stage("again", message.manifest, message.node, **fields)


def parse_again(data: bytes) -> Again:
    """Read an ``again`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "again", "number", "owner", "signature")
    return Again(
        **common,
        number=top.integer("number", 1, MOST_NONCES - 1),
        owner=top.integer("owner", 0, MOST_OWNERS - 1),
        signature=top.data("signature", SIGNATURE_BYTES),
    )


def build_complete(message: Complete) -> bytes:
    """Return the bytes of a ``complete`` message; owners ascending."""
    rows: list[JSON] = [
        {"owner": owner, "header": header.hex()}
        for owner, header in sorted(message.headers.items())
    ]
    fields: dict[str, JSON] = {"nonce": message.nonce, "headers": rows}
    return build_stage("complete", message.manifest, message.node, **fields)


def parse_complete(data: bytes) -> Complete:
    """Read a ``complete`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "complete", "nonce", "headers")
    rows = top.rows("headers", 0, MOST_OWNERS, required=("owner", "header"))
    headers = {
        row.integer("owner", 0, MOST_OWNERS - 1): bytes.fromhex(
            row.hexadecimal("header", _HASH_BYTES)
        )
        for row in rows
    }
    _check_ascending(top, "headers", list(headers), len(rows))
    return Complete(**common, nonce=top.integer("nonce", 1, MOST_NONCES), headers=headers)


def build_unusable(message: Unusable) -> bytes:
    """Return the bytes of an ``unusable`` message; owners ascending."""
    fields: dict[str, JSON] = {"root": message.root, "owners": list(message.owners)}
    return build_stage("unusable", message.manifest, message.node, **fields)


def parse_unusable(data: bytes) -> Unusable:
    """Read an ``unusable`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "unusable", "root", "owners")
    owners = top.items("owners", 0, MOST_OWNERS)
    if not all(type(one) is int and 0 <= one < MOST_OWNERS for one in owners):
        raise top.refuse("owners", "must be owners of the request")
    _check_ascending(top, "owners", owners, len(owners))
    return Unusable(**common, root=top.digest("root"), owners=tuple(owners))


def build_ordered(message: Ordered) -> bytes:
    """Return the bytes of an ``ordered`` message; owners ascending."""
    rows: list[JSON] = [
        {"owner": owner, "bit": [str(word) for word in words]}
        for owner, words in sorted(message.bits.items())
    ]
    return build_stage("ordered", message.manifest, message.node, bits=rows)


def parse_ordered(data: bytes) -> Ordered:
    """Read an ``ordered`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "ordered", "bits")
    rows = top.rows("bits", 0, MOST_OWNERS, required=("owner", "bit"))
    bits = {
        row.integer("owner", 0, MOST_OWNERS - 1): words_from_json(row, "bit") for row in rows
    }
    _check_ascending(top, "bits", list(bits), len(rows))
    return Ordered(**common, bits=bits)


def build_outcome(message: Outcome) -> bytes:
    """Return the bytes of an ``outcome`` message."""
    values = values_to_json(message.values)
    return build_stage("outcome", message.manifest, message.node, values=values)


def parse_outcome(data: bytes) -> Outcome:
    """Read an ``outcome`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "outcome", "values")
    return Outcome(**common, values=values_from_json(top))


def agreed_consents(messages: Sequence[Agreed]) -> dict[int, bytes]:
    """Return the consents that stand, by ascending owner: what any of three nodes took.

    An owner who gave different ones to different nodes has given none.
    """
    if [message.node for message in messages] != list(NODE_NAMES):
        raise MalformedMessage("agreed.nodes", "Consents are agreed on by three nodes.")
    found: dict[int, set[bytes]] = {}
    for message in messages:
        for owner, (data, _) in message.consents.items():
            found.setdefault(owner, set()).add(data)
    return {owner: datas.pop() for owner, datas in sorted(found.items()) if len(datas) == 1}


def complete_headers(messages: Sequence[Complete]) -> dict[int, bytes]:
    """Return SHA-256 of the headers that are whole at all three nodes, by ascending owner."""
    first, *others = (message.headers for message in messages)
    return {
        owner: header
        for owner, header in sorted(first.items())
        if all(other.get(owner) == header for other in others)
    }


def open_ordered(messages: Sequence[Ordered]) -> dict[int, bool]:
    """Return for each owner whether its list is strictly increasing, from three nodes by index.

    Raises InconsistentShares ``ordered.components`` where owners or copies of a component
    differ, or a bit is none.
    """
    first = messages[0].bits
    if any(message.bits.keys() != first.keys() for message in messages):
        raise InconsistentShares("ordered.components", "The nodes opened other lists.")
    opened = {owner: join_words([one.bits[owner] for one in messages]) for owner in first}
    if any(word > 1 for word in opened.values()):
        raise InconsistentShares("ordered.components", "What is opened of a list is no bit.")
    return {owner: word == 1 for owner, word in opened.items()}


def header_hash(data: bytes) -> bytes:
    """Return what ``complete`` says of a header's bytes."""
    return hashlib.sha256(data).digest()


def _check_ascending(top: Fields, key: str, owners: Sequence[int], count: int) -> None:
    if list(owners) != sorted(set(owners)) or len(owners) != count:
        raise top.refuse(key, "must name different owners, ascending")
