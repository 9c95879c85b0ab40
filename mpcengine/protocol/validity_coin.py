"""Draw the one joint coin of a batch, and expand it to a point and factors.

Source: docs/protocol.md §18.3. Three nodes commit to a seed each after the root is signed, then
reveal; one honest node makes the coin uniform and unknown until then. A batch is opened under
one coin, once, ever: a second coin would tell every bit.
"""

import hashlib
from collections.abc import Sequence

from mpcengine.protocol.canonical import Digest, digest, digest_bytes
from mpcengine.protocol.codec import Writer
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import MODULUS, POINTS
from mpcengine.protocol.signing import LABEL_COIN, LABEL_TOSS, signed_bytes
from mpcengine.protocol.validity_plan import COIN_ROUNDS

DOMAIN_WEIGHTS = b"drempel/weights/1"
SEED_BYTES = 32
COIN_BYTES = 32
_WORD_BYTES = 8
_POINT, _FACTOR, _TEXT = 1, 2, 3
# Each attempt fails with chance 2^-51 at most; a small test field needs many more.
_ATTEMPTS = 2**16


def toss_commitment(
    *, manifest: Digest, root: Digest, round_number: int, index: int, seed: bytes
) -> Digest:
    """Return node ``index``'s commitment to its 32-byte seed of this coin round.

    The digest of label ‖ 0 ‖ manifest ‖ root ‖ u8(round) ‖ u8(index) ‖ seed. ``seed`` is fresh
    and uniform. Raises MalformedMessage for a round outside 1 … 4, an index outside 1 … 3, or
    a seed of another length.
    """
    if index not in POINTS:
        raise MalformedMessage("coin.index", "A node's index is 1, 2 or 3.")
    body = _context(manifest, root, round_number).u8(index).fixed(seed, SEED_BYTES).end()
    return digest(signed_bytes(LABEL_TOSS, body))


def joint_coin(
    *,
    manifest: Digest,
    root: Digest,
    round_number: int,
    commitments: Sequence[Digest],
    seeds: Sequence[bytes],
) -> bytes:
    """Return the 32-byte coin of three revealed seeds, in order of index.

    SHA-256(label ‖ 0 ‖ manifest ‖ root ‖ u8(round) ‖ three seeds). Raises MalformedMessage
    ``coin.nodes`` unless there are three of each, ``coin.commitment`` if a seed is not the one
    its node committed to.
    """
    if len(commitments) != len(POINTS) or len(seeds) != len(POINTS):
        raise MalformedMessage("coin.nodes", "Three nodes toss a coin.")
    writer = _context(manifest, root, round_number)
    for index, commitment, seed in zip(POINTS, commitments, seeds, strict=True):
        made = toss_commitment(
            manifest=manifest, root=root, round_number=round_number, index=index, seed=seed
        )
        if made != commitment:
            raise MalformedMessage(
                "coin.commitment", "A coin's seed is not the one its node committed to."
            )
        writer.fixed(seed, SEED_BYTES)
    return hashlib.sha256(signed_bytes(LABEL_COIN, writer.end())).digest()


def coin_point(coin: bytes, forbidden: int, *, modulus: int = MODULUS) -> int:
    """Return t, uniform among the elements from ``forbidden`` on.

    ``forbidden`` is 2M + 2: f(1) … f(M) are the bits themselves, and weights are not defined
    at any of 0 … 2M + 1.
    """
    return _draw(coin, _POINT, 0, forbidden, modulus)


def coin_factors(coin: bytes, count: int, *, modulus: int = MODULUS) -> list[int]:
    """Return one independent uniform element for each of ``count`` constraints."""
    return [_draw(coin, _FACTOR, place, 0, modulus) for place in range(count)]


def coin_text_factors(coin: bytes, count: int, *, modulus: int = MODULUS) -> list[int]:
    """Return one independent uniform element for each of ``count`` words of texts."""
    return [_draw(coin, _TEXT, place, 0, modulus) for place in range(count)]


def check_toss_allowed(
    round_number: int, *, transcript: bytes | None, lines: bytes | None
) -> None:
    """Return nothing if a node may still commit in coin round ``round_number``.

    ``transcript`` and ``lines`` are what it has stored for this root. Raises MalformedMessage
    ``coin.exists`` if it holds a coin or has evaluated anything, ``coin.rounds`` after round 4.
    """
    if transcript is not None or lines is not None:
        raise MalformedMessage("coin.exists", "This batch has its coin; there is no second.")
    _check_round(round_number)


def keep_first(stored: bytes | None, offered: bytes) -> bytes:
    """Return the bytes that a node stores and sends: the first ones, for ever.

    For the coin's transcript and for a node's own evaluations. What is returned is written in
    one transaction before it is sent. Raises MalformedMessage ``coin.second`` if other bytes
    are stored already: then the job ends, and nothing is opened.
    """
    if stored is not None and stored != offered:
        raise MalformedMessage("coin.second", "A batch is opened under one coin, once.")
    return offered


def _context(manifest: Digest, root: Digest, round_number: int) -> Writer:
    _check_round(round_number)
    writer = Writer().fixed(digest_bytes(manifest), 32).fixed(digest_bytes(root), 32)
    return writer.u8(round_number)


def _check_round(round_number: int) -> None:
    if not 1 <= round_number <= COIN_ROUNDS:
        raise MalformedMessage("coin.rounds", f"A coin is tossed at most {COIN_ROUNDS} times.")


def _draw(coin: bytes, purpose: int, place: int, lowest: int, modulus: int) -> int:
    """Return the first word of the coin's stream for this purpose that is in range."""
    if len(coin) != COIN_BYTES:
        raise MalformedMessage("coin.length", "A coin has 32 bytes.")
    head = signed_bytes(DOMAIN_WEIGHTS, coin) + bytes((purpose,)) + place.to_bytes(4, "big")
    mask = (1 << modulus.bit_length()) - 1
    for attempt in range(_ATTEMPTS):
        stream = hashlib.shake_256(head + attempt.to_bytes(2, "big")).digest(_WORD_BYTES)
        value = int.from_bytes(stream, "little") & mask
        if lowest <= value < modulus:
            return value
    raise MalformedMessage("coin.range", "No element of the field is left to draw.")
