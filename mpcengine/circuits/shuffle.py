"""Bring shared rows into an order that no single party knows, unchanged or not at all.

Three steps, one for each pair of parties, which draws an order that the third does not know.
A step tags the rows under factors that nobody knows, moves rows and tags, and is checked before
the next one begins, so no unchecked row gets out. Source: docs/protocol.md §11.7.

Why a step holds against one deviating party. A value is what the two other shares say.

1. The tag of row x is Σ α_c·x_c + ε, and after moving row and tag are y = x + δ, u = tag + δ'.
   Whatever a party does (another order, other shares, pieces off the line, its own messages
   last) comes to such errors, chosen from what it sees, and that is independent of α and x.
2. Only when all have received everything (`settle`) are α and a coin ρ opened, on the line.
3. V = Σ ρ^r·(Σ α_c·δ_rc - δ'_r - ε_r), opened on the line, is 0 for at most n + 1 of p
   choices if any δ is not 0. Neither V nor whether it is 0 depends on a row: a failure tells
   nothing, so an attempt may be repeated.
4. Nothing goes from one step to the next but checked rows. With one check after the last step
   a party of the first and the last pair could add δ to a known row and take it off at a
   guessed place: passing would tell that the guess was right.
"""

import numpy as np
from numpy.typing import NDArray

from mpcengine.circuits.openings import reveal_on_line, settle
from mpcengine.circuits.products import mask_sums, reshare
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.circuits.shares import powers, random_elements
from mpcengine.kernels import field61
from mpcengine.protocol.errors import InconsistentShares

PAIRS = ((1, 2), (1, 3), (2, 3))
TEXTS_CHANGED = "texts.changed"
# Words of one exchange, so that all three parties count the same number of them.
_PIECE_WORDS = 1 << 20


async def shuffle(runtime: VectorRuntime, rows: Vector) -> Vector:
    """Return the rows (n × columns, degree-1 shares) in a secret order; fifteen rounds.

    A uniform order, independent of what any one party sees; fresh shares. Raises
    InconsistentShares ``texts.changed`` if a party changed, moved apart, doubled or dropped
    anything, ``shares.line`` for an opening off the line. More rounds above 2^20 words.
    """
    for pair in PAIRS:
        rows = await _step(runtime, rows, pair)
    return rows


async def _step(runtime: VectorRuntime, rows: Vector, pair: tuple[int, int]) -> Vector:
    """Return the rows in the order of one pair, checked to be the same rows."""
    factors = random_elements(runtime, rows.shape[1])
    local = mask_sums(runtime, field61.matrix_vector(rows, factors))
    tags = await reshare(runtime, local)
    moved = await _move(runtime, np.column_stack([rows, tags]), pair)
    await settle(runtime)
    unchecked = np.ascontiguousarray(moved[:, :-1])
    await _check_unchanged(runtime, unchecked, moved[:, -1].copy(), factors)
    return unchecked


async def _check_unchanged(
    runtime: VectorRuntime, rows: Vector, tags: Vector, factors: Vector
) -> None:
    """Raise InconsistentShares unless every tag is that of its row; spends the factors."""
    coin = random_elements(runtime, 1)
    opened = await reveal_on_line(runtime, np.concatenate([factors, coin]))
    difference = field61.subtract(field61.matrix_vector(rows, opened[:-1].copy()), tags)
    total = field61.dot(difference, powers(int(opened[-1]), len(rows)))
    if (await reveal_on_line(runtime, field61.vector([total]))).any():
        raise InconsistentShares(TEXTS_CHANGED, "A row was changed while rows were mixed.")


async def _move(runtime: VectorRuntime, rows: Vector, pair: tuple[int, int]) -> Vector:
    """Return fresh shares of the rows in an order from the pair's stream; one round.

    The pair holds λ_i·x_i + λ_j·x_j = value. Each member brings its part into the pair's order
    and shares it: the piece of the party outside is the next of the stream it has with that
    member, which fixes the slope; only the other member's piece is sent. Source: Laur,
    Willemson, Zhang 2011 (resharing-based oblivious shuffle).
    """
    outside = sum((1, 2, 3)) - sum(pair)
    if runtime.index == outside:
        shares = await _received_outside(runtime, pair, rows.size)
    else:
        partner = sum(pair) - runtime.index
        order = _order(runtime.stream(pair, 2 * len(rows)))
        weight = partner * pow(partner - runtime.index, -1, field61.MODULUS)
        part = field61.scale(rows[order].ravel(), weight)
        theirs = runtime.stream(_pair(runtime.index, outside), len(part))
        rise = field61.subtract(theirs, part)
        slopes = field61.scale(rise, pow(outside, -1, field61.MODULUS))
        piece = field61.share_at(part, slopes, partner)
        received = await _exchange_piece(runtime, partner, outside, piece)
        shares = field61.add(field61.share_at(part, slopes, runtime.index), received)
    return shares.reshape(rows.shape)


def _order(keys: Vector) -> NDArray[np.intp]:
    """Return the order of places by (first half, second half) of the keys, both ascending."""
    high, low = np.split(keys, 2)
    return np.lexsort((low, high))


async def _exchange_piece(
    runtime: VectorRuntime, partner: int, outside: int, piece: Vector
) -> Vector:
    nothing = np.zeros(0, dtype=np.uint64)
    parts = []
    for start in _starts(len(piece)):
        part = piece[start : start + _PIECE_WORDS]
        received = await runtime.exchange({partner: part, outside: nothing})
        parts.append(received[partner])
    return np.concatenate(parts)


async def _received_outside(
    runtime: VectorRuntime, pair: tuple[int, int], count: int
) -> Vector:
    """Take both members' pieces from the streams; keep step with what they exchange."""
    first, second = (runtime.stream(_pair(member, runtime.index), count) for member in pair)
    for _ in _starts(count):
        await settle(runtime)
    return field61.add(first, second)


def _starts(count: int) -> range:
    return range(0, max(count, 1), _PIECE_WORDS)


def _pair(first: int, second: int) -> tuple[int, int]:
    return (min(first, second), max(first, second))
