"""Say where the words of a report stand: record, words of texts and a mask, then the proofs.

Source: docs/protocol.md §18. A proof is, block by block, a seed and M + 1 values of the
quotient. What is proven: every word of the record is 0 or 1, and the record meets every linear
constraint of its layout. Of texts it is proven only that their shares lie on lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.layout_parts import Constraint, TextPart

LARGEST_BLOCK = 250
# One coin round and three repeats of rounds that ended before any opening (§18.3).
COIN_ROUNDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofBlock:
    """Name the words of one block: its bits, its seed, its quotient's values at M+1 … 2M+1."""

    first_bit: int
    bits: int
    seed: int

    @property
    def quotient(self) -> range:
        """Return the places of the M + 1 values of the quotient."""
        return range(self.seed + 1, self.seed + 2 + self.bits)

    @property
    def places(self) -> range:
        """Return the places of the bits."""
        return range(self.first_bit, self.first_bit + self.bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPlaces:
    """Name the places of one text question in a report: its slot of "answered", its words."""

    question: str
    answered: int
    words: range


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityPlan:
    """Hold what prover and checker share: width of the record, blocks, texts, constraints.

    ``mask`` is the place of the word that hides the combination of all words of texts; None
    for a survey without text questions.
    """

    width: int
    words: int
    blocks: tuple[ProofBlock, ...]
    constraints: tuple[Constraint, ...]
    texts: tuple[TextPlaces, ...]
    mask: int | None

    @property
    def largest_block(self) -> int:
        """Return M, the number of bits of the largest block."""
        return max(block.bits for block in self.blocks)

    @property
    def opened(self) -> int:
        """Return how many values a report opens: two a block, one for all texts, and one."""
        return 2 * len(self.blocks) + (self.mask is not None) + 1

    @property
    def seeds(self) -> int:
        """Return how many uniform field elements a report is made from, slopes apart.

        A seed for each block, then the mask if there are texts.
        """
        return len(self.blocks) + (self.mask is not None)

    @property
    def payload(self) -> range:
        """Return the places of all words of texts; the mask stands behind them."""
        return range(self.width, self.width if self.mask is None else self.mask)

    @property
    def forbidden(self) -> int:
        """Return how many coins 0, 1, … are never used: up to 2M + 1."""
        return 2 * self.largest_block + 2


def validity_plan(
    width: int,
    constraints: Sequence[Constraint],
    texts: Sequence[TextPart] = (),
    *,
    largest: int = LARGEST_BLOCK,
) -> ValidityPlan:
    """Return the plan of a layout of ``width`` slots under ``constraints``, with ``texts``.

    As few blocks as possible, equally long but for the last, which may be shorter.
    Raises MalformedInput ``survey.empty`` for no slots, ``survey.unproven`` if a word of the
    report would lie in no proof, or a constraint names a slot that is not there.
    """
    if width < 1:
        raise MalformedInput("survey.empty", "A survey without questions has nothing to prove.")
    count = -(-width // largest)
    size = -(-width // count)
    places, stop = [], width
    for text in texts:
        words = range(stop, stop + text.words)
        stop = words.stop
        places.append(TextPlaces(question=text.question, answered=text.answered, words=words))
    mask = stop if texts else None
    blocks = []
    seed = width if mask is None else mask + 1
    for first in range(0, width, size):
        block = ProofBlock(first_bit=first, bits=min(size, width - first), seed=seed)
        blocks.append(block)
        seed = block.quotient.stop
    plan = ValidityPlan(
        width=width,
        words=seed,
        blocks=tuple(blocks),
        constraints=tuple(constraints),
        texts=tuple(places),
        mask=mask,
    )
    _check_covered(plan)
    return plan


def soundness_error(
    plan: ValidityPlan, *, reports: int = 1, coins: int = 1, modulus: int = MODULUS
) -> Fraction:
    """Return an upper bound on the chance that any of ``reports`` invalid ones is accepted.

    One: 2M / (p - 2M - 2), M the largest block; several and several coin rounds by union. It
    is met exactly by the best cheater (docs/protocol.md §18.5).
    """
    one = Fraction(2 * plan.largest_block, modulus - plan.forbidden)
    return min(Fraction(1), one * reports * coins)


def _check_covered(plan: ValidityPlan) -> None:
    covered = [
        place for block in plan.blocks for place in (*block.places, block.seed, *block.quotient)
    ]
    covered += [place for text in plan.texts for place in text.words]
    covered += [] if plan.mask is None else [plan.mask]
    named = {slot for constraint in plan.constraints for slot, _ in constraint.terms}
    named |= {text.answered for text in plan.texts}
    if sorted(covered) != list(range(plan.words)) or not named <= set(range(plan.width)):
        raise MalformedInput("survey.unproven", "A word of the report lies in no proof.")
