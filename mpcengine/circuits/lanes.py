"""Run the rules of all tables side by side, so that rounds do not grow with tables.

A rule is a generator: it yields what it wants multiplied or compared and gets the outcomes.
The runner takes one step of every rule, joins all wishes of one kind to one batch, and goes on.
Which wishes a rule has depends on public things only, so all parties form the same batches.
Source: docs/protocol.md §11 (batches).
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mpcengine.circuits.compare import is_not_negative
from mpcengine.circuits.runtime import VectorRuntime
from mpcengine.circuits.shared import Shared, joined
from mpcengine.circuits.shares import multiply


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Ask for the element-wise products of two vectors of one length."""

    left: Shared
    right: Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """Ask for [z >= 0] of every integer of a vector; |z| < 2^60."""

    values: Shared


Wish = Products | Signs
T = TypeVar("T")
Rule = Generator[Wish, Shared, T]


def times(*factors: tuple[Shared, Shared]) -> Rule[list[Shared]]:
    """Multiply several pairs of vectors in one step."""
    outcome = yield Products(
        left=joined([left for left, _ in factors]),
        right=joined([right for _, right in factors]),
    )
    return _cut(outcome, [left for left, _ in factors])


def signs(*values: Shared) -> Rule[list[Shared]]:
    """Compare several vectors with zero in one step: 1 where not negative."""
    outcome = yield Signs(values=joined(values))
    return _cut(outcome, values)


def _cut(outcome: Shared, shapes: Sequence[Shared]) -> list[Shared]:
    parts, start = [], 0
    for shape in shapes:
        parts.append(outcome[start : start + len(shape)])
        start += len(shape)
    return parts


def all_of(bits: Shared) -> Rule[Shared]:
    """Return the product of a vector of bits, in a tree: log2(length) steps."""
    while len(bits) > 1:
        half = len(bits) // 2
        products = yield from times((bits[:half], bits[half : 2 * half]))
        bits = joined([products[0], bits[2 * half :]])
    return bits


async def run_rules(runtime: VectorRuntime, rules: Sequence[Rule[T]]) -> list[T]:
    """Run all rules to their end and return their results in order.

    Products go first: comparisons wait until no rule asks for a product, so the number of
    batches of comparisons is that of the longest rule.
    """
    results: dict[int, T] = {}
    waiting: dict[int, Wish] = {}
    for place, rule in enumerate(rules):
        _advance(place, rule, None, waiting, results)
    while waiting:
        kind = Products if any(isinstance(w, Products) for w in waiting.values()) else Signs
        batch = {place: wish for place, wish in waiting.items() if isinstance(wish, kind)}
        outcomes = await _grant(runtime, list(batch.values()))
        for place, outcome in zip(batch, outcomes, strict=True):
            _advance(place, rules[place], outcome, waiting, results)
    return [results[place] for place in range(len(rules))]


def _advance(
    place: int,
    rule: Rule[T],
    outcome: Shared | None,
    waiting: dict[int, Wish],
    results: dict[int, T],
) -> None:
    """Take one step of a rule: note its next wish, or its result."""
    try:
        waiting[place] = next(rule) if outcome is None else rule.send(outcome)
    except StopIteration as end:
        waiting.pop(place, None)
        results[place] = end.value


async def _grant(runtime: VectorRuntime, wishes: Sequence[Wish]) -> list[Shared]:
    """Fulfil wishes of one kind in one batch."""
    products = [wish for wish in wishes if isinstance(wish, Products)]
    if products:
        left = joined([wish.left for wish in products]).vector
        right = joined([wish.right for wish in products]).vector
        outcome = Shared(await multiply(runtime, left, right))
        return _cut(outcome, [wish.left for wish in products])
    values = [wish.values for wish in wishes if isinstance(wish, Signs)]
    return _cut(Shared(await is_not_negative(runtime, joined(values).vector)), values)
