"""Prove that a record is bits: the respondent's part of docs/protocol.md §18.

The reports of one respondent's revision are made from fresh seeds and fresh slopes; both are
handed in and must be erased after sealing.
"""

from collections.abc import Sequence

from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.validity_plan import ProofBlock, ValidityPlan
from mpcengine.protocol.validity_points import extension, vanishing_inverses


def prove(
    plan: ValidityPlan,
    record: Sequence[int],
    seeds: Sequence[int],
    texts: Sequence[int] = (),
    *,
    modulus: int = MODULUS,
) -> list[int]:
    """Return the report: record, texts and mask, then seed and quotient of every block.

    ``record`` has ``plan.width`` bits; ``texts`` are the words of ``encoding.encode_texts``;
    ``seeds`` are ``plan.seeds`` uniform field elements, from a cryptographic source, used
    once: one a block, then the mask if there are texts. Returns ``plan.words`` field elements
    to be shared (``sharing.split``). Raises ValueError for another length, a word that is no
    bit, or an element outside 0 … p-1. Whether the record meets its constraints is not looked
    at.
    """
    if len(record) != plan.width or any(bit not in (0, 1) for bit in record):
        raise ValueError("a record is plan.width bits")
    if len(texts) != len(plan.payload) or not all(0 <= word < modulus for word in texts):
        raise ValueError("texts have the plan's words, each a field element")
    if len(seeds) != plan.seeds or not all(0 <= seed < modulus for seed in seeds):
        raise ValueError("plan.seeds seeds, each a field element")
    report = [*record, *texts, *seeds[len(plan.blocks) :]]
    for block, seed in zip(plan.blocks, seeds[: len(plan.blocks)], strict=True):
        report.append(seed)
        report.extend(_quotient(block, record, seed, modulus))
    return report


def _quotient(block: ProofBlock, record: Sequence[int], seed: int, modulus: int) -> list[int]:
    """Return h(M+1) … h(2M+1) of h = (f² - f) / Z, f(0) = seed, f(k) = the k-th bit."""
    chosen = [k for k, place in enumerate(block.places, start=1) if record[place]]
    rows = extension(block.bits, modulus=modulus)
    inverses = vanishing_inverses(block.bits, modulus=modulus)
    values = []
    for row, inverse in zip(rows, inverses, strict=True):
        f = (seed * row[0] + sum([row[k] for k in chosen])) % modulus
        values.append((f * f - f) * inverse % modulus)
    return values
