"""Build and read what nodes tell each other to check reports: toss, coin, lines, transcript.

Source: docs/protocol.md §18.3 and §18.4. Bodies are canonical JSON, signed under the label of
their stage; a node stores them before it sends them and sends the same bytes for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mpcengine.protocol.canonical import (
    JSON,
    Digest,
    canonical,
    digest,
    digest_bytes,
    parse_canonical,
)
from mpcengine.protocol.codec import check_vector
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import (
    LABEL_COIN,
    LABEL_LINES,
    LABEL_TOSS,
    SIGNATURE_BYTES,
    signed_bytes,
    verify,
)
from mpcengine.protocol.strict import Fields, to_base64
from mpcengine.protocol.validity_coin import SEED_BYTES, joint_coin
from mpcengine.protocol.validity_plan import COIN_ROUNDS

TRANSCRIPT_FORMAT = "drempel-coin-transcript/1"
DOMAIN_TOSSES = b"drempel/tosses/1"
_COMMON = ("format", "manifest", "node", "root", "round")


@dataclass(frozen=True, slots=True, kw_only=True)
class Toss:
    """Commit a node to its seed of a coin round, before it sees the others' seeds."""

    manifest: Digest
    node: str
    root: Digest
    round: int
    commitment: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinSeed:
    """Reveal the seed that a node committed to; sent only when three commitments are held.

    ``tosses``: digest of the three ``toss`` bodies that the node holds. Without it one node
    could commit to one seed before one peer and to another before the other.
    """

    manifest: Digest
    node: str
    root: Digest
    round: int
    seed: bytes
    tosses: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Give a node's values of every report that all three could unseal, ids ascending.

    ``coin`` is the digest of the transcript, ``verdict`` that of the verdict of unsealing.
    ``values`` are count × opened field elements, report after report.
    """

    manifest: Digest
    node: str
    root: Digest
    coin: Digest
    verdict: Digest
    count: int
    opened: int
    values: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedToss:
    """Hold one node's two signed bodies of a coin round."""

    toss: bytes
    toss_signature: bytes
    coin: bytes
    coin_signature: bytes


def build_toss(message: Toss) -> bytes:
    """Return the bytes of a ``toss`` message."""
    return _build_round("toss", message, commitment=message.commitment)


def parse_toss(data: bytes) -> Toss:
    """Read a ``toss`` message; raise MalformedMessage if it is not exactly one."""
    top = _open(data, "toss", (*_COMMON, "commitment"))
    return Toss(
        manifest=top.digest("manifest"),
        node=top.choice("node", NODE_NAMES),
        root=top.digest("root"),
        round=top.integer("round", 1, COIN_ROUNDS),
        commitment=top.digest("commitment"),
    )


def build_coin(message: CoinSeed) -> bytes:
    """Return the bytes of a ``coin`` message."""
    return _build_round("coin", message, seed=message.seed.hex(), tosses=message.tosses)


def parse_coin(data: bytes) -> CoinSeed:
    """Read a ``coin`` message; raise MalformedMessage if it is not exactly one."""
    top = _open(data, "coin", (*_COMMON, "seed", "tosses"))
    return CoinSeed(
        manifest=top.digest("manifest"),
        node=top.choice("node", NODE_NAMES),
        root=top.digest("root"),
        round=top.integer("round", 1, COIN_ROUNDS),
        seed=bytes.fromhex(top.hexadecimal("seed", SEED_BYTES)),
        tosses=top.digest("tosses"),
    )


def build_lines(message: Lines) -> bytes:
    """Return the bytes of a ``lines`` message; values travel as base64 of 8 bytes each."""
    return canonical(
        {
            "format": "drempel-lines/1",
            "manifest": message.manifest,
            "node": message.node,
            "root": message.root,
            "coin": message.coin,
            "verdict": message.verdict,
            "count": message.count,
            "opened": message.opened,
            "values": to_base64(message.values),
        }
    )


def parse_lines(data: bytes) -> Lines:
    """Read a ``lines`` message; raise MalformedMessage if it is not exactly one.

    Every value is a field element and there are count × opened of them.
    """
    keys = ("manifest", "node", "root", "coin", "verdict", "count", "opened", "values")
    top = _open(data, "lines", ("format", *keys))
    count, opened = top.integer("count", 0), top.integer("opened", 1)
    return Lines(
        manifest=top.digest("manifest"),
        node=top.choice("node", NODE_NAMES),
        root=top.digest("root"),
        coin=top.digest("coin"),
        verdict=top.digest("verdict"),
        count=count,
        opened=opened,
        values=check_vector(top.data("values"), count * opened),
    )


def check_same_terms(said: Sequence[Lines]) -> None:
    """Return nothing if three nodes speak of one batch, coin, verdict and size.

    ``said`` is in order of index. Raises MalformedMessage ``lines.terms`` otherwise: the job
    then ends, for two coins under one root must never both be answered.
    """
    terms = {(s.manifest, s.root, s.coin, s.verdict, s.count, s.opened) for s in said}
    if tuple(s.node for s in said) != NODE_NAMES or len(terms) != 1:
        raise MalformedMessage(
            "lines.terms", "The nodes' evaluations are of different batches."
        )


def tosses_digest(bodies: Sequence[bytes]) -> Digest:
    """Return the digest of three ``toss`` bodies in order of index, for ``coin``.

    SHA-256(label ‖ 0 ‖ three digests of the bodies).
    """
    return _joined_digest(DOMAIN_TOSSES, bodies)


def lines_digest(bodies: Sequence[bytes]) -> Digest:
    """Return the digest of three ``lines`` bodies in order of index, for the verdict.

    SHA-256(label ‖ 0 ‖ three digests of the bodies): nodes that were sent different values
    by one peer notice it here.
    """
    return _joined_digest(LABEL_LINES, bodies)


def build_transcript(
    *, manifest: Digest, root: Digest, round_number: int, signed: Sequence[SignedToss]
) -> bytes:
    """Return the bytes of a coin's transcript: what every node keeps and answers with."""
    nodes: list[JSON] = [
        {
            "node": node,
            "toss": to_base64(one.toss),
            "toss_signature": to_base64(one.toss_signature),
            "coin": to_base64(one.coin),
            "coin_signature": to_base64(one.coin_signature),
        }
        for node, one in zip(NODE_NAMES, signed, strict=True)
    ]
    head = {"format": TRANSCRIPT_FORMAT, "manifest": manifest, "root": root}
    return canonical({**head, "round": round_number, "nodes": nodes})


def open_transcript(
    data: bytes, *, manifest: Digest, root: Digest, identity_keys: Sequence[bytes]
) -> bytes:
    """Return the 32-byte coin of a transcript after checking every signature and commitment.

    ``identity_keys`` are the three nodes', in order of index. Raises MalformedMessage if it is
    not the transcript of one round for this manifest and root (``coin.terms``), if a node
    revealed its seed to other tosses than these (``coin.tosses``), or if a seed is another than
    was committed to (``coin.commitment``); BadSignature for a signature that does not hold.
    """
    top = Fields(
        parse_canonical(data), required=("format", "manifest", "root", "round", "nodes")
    )
    top.choice("format", (TRANSCRIPT_FORMAT,))
    terms = (top.digest("manifest"), top.digest("root"), top.integer("round", 1, COIN_ROUNDS))
    keys = ("node", "toss", "toss_signature", "coin", "coin_signature")
    rows = top.rows("nodes", len(NODE_NAMES), len(NODE_NAMES), required=keys)
    if terms[:2] != (manifest, root):
        raise _other_terms()
    pairs = [
        _pair(row, (*terms, node), key)
        for row, node, key in zip(rows, NODE_NAMES, identity_keys, strict=True)
    ]
    held = tosses_digest([row.data("toss") for row in rows])
    if any(coin.tosses != held for _, coin in pairs):
        raise MalformedMessage("coin.tosses", "A node has seen other commitments to a coin.")
    return joint_coin(
        manifest=manifest,
        root=root,
        round_number=terms[2],
        commitments=[toss.commitment for toss, _ in pairs],
        seeds=[coin.seed for _, coin in pairs],
    )


def _joined_digest(label: bytes, bodies: Sequence[bytes]) -> Digest:
    if len(bodies) != len(NODE_NAMES):
        raise MalformedMessage("lines.terms", "Three nodes give their evaluations.")
    joined = b"".join(digest_bytes(digest(body)) for body in bodies)
    return digest(signed_bytes(label, joined))


def _pair(row: Fields, own: tuple[str, str, int, str], key: bytes) -> tuple[Toss, CoinSeed]:
    """Return what one node tossed and revealed; both must be signed and of these terms."""
    toss = parse_toss(_verified(row, "toss", key))
    coin = parse_coin(_verified(row, "coin", key))
    for said in (toss, coin):
        if (said.manifest, said.root, said.round, said.node) != own:
            raise _other_terms()
    return toss, coin


def _verified(row: Fields, key: str, identity: bytes) -> bytes:
    body = row.data(key)
    label = LABEL_TOSS if key == "toss" else LABEL_COIN
    verify(identity, label, body, row.data(f"{key}_signature", SIGNATURE_BYTES))
    return body


def _other_terms() -> MalformedMessage:
    return MalformedMessage("coin.terms", "A coin's transcript is of another batch or round.")


def _build_round(stage: str, message: Toss | CoinSeed, **fields: JSON) -> bytes:
    head = {"format": f"drempel-{stage}/1", "manifest": message.manifest, "node": message.node}
    return canonical({**head, "root": message.root, "round": message.round, **fields})


def _open(data: bytes, stage: str, keys: Sequence[str]) -> Fields:
    top = Fields(parse_canonical(data), required=keys)
    top.choice("format", (f"drempel-{stage}/1",))
    return top
