"""Reproducible surveys, records and shares for the cases; nothing here is secret."""

import hashlib
from typing import Any

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61
from mpcengine.protocol.validity_plan import ValidityPlan
from mpcengine.protocol.validity_points import extension, vanishing_inverses

JSON = Any
SPOILT_AT, SPOILT_EVERY = 7, 1000


def survey(questions: int, options: int) -> dict[str, JSON]:
    """Return a survey of required single-choice questions."""
    return {
        "format": "drempel-survey/1",
        "title": {"en": "Benchmark"},
        "min_count": 10,
        "questions": [
            {
                "id": f"q{place}",
                "kind": "single",
                "required": True,
                "options": [f"o{option}" for option in range(options)],
            }
            for place in range(questions)
        ],
    }


def records(answers: int, questions: int, options: int, seed: str) -> Vector:
    """Return one-hot records, answers × (questions · options); later options are rarer."""
    raw = hashlib.shake_256(f"records {seed}".encode()).digest(answers * questions)
    chance = np.frombuffer(raw, dtype=np.uint8).reshape(answers, questions) / 256.0
    # A question's steepness grows with its place, so that some questions have small cells.
    steepness = 1.0 + 6.0 * np.arange(questions) / questions
    chosen = (options * chance**steepness).astype(np.intp)
    bits = np.zeros((answers, questions, options), dtype=np.uint64)
    np.put_along_axis(bits, chosen[:, :, None], np.uint64(1), axis=2)
    return bits.reshape(answers, questions * options)


def shares(values: Vector, index: int, seed: str) -> Vector:
    """Return node ``index``'s shares of a matrix; every node derives the same slopes."""
    raw = hashlib.shake_256(f"slopes {seed}".encode()).digest(8 * values.size)
    shared = field61.share_at(values.ravel(), field61.from_bytes(raw), index)
    return shared.reshape(values.shape)


def reports(plain: Vector, plan: ValidityPlan, seed: str) -> Vector:
    """Return the reports of records: the records, then seed and quotient of every block.

    What ``validity_prover.prove`` gives row by row, computed column by column.
    """
    raw = hashlib.shake_256(f"seeds {seed}".encode()).digest(8 * len(plain) * len(plan.blocks))
    seeds = field61.from_bytes(raw).reshape(len(plan.blocks), len(plain))
    out = np.zeros((len(plain), plan.words), dtype=np.uint64)
    out[:, : plan.width] = plain
    for block, drawn in zip(plan.blocks, seeds, strict=True):
        out[:, block.seed] = drawn
        known = np.empty((len(plain), block.bits + 1), dtype=np.uint64)
        known[:, 0] = drawn
        known[:, 1:] = plain[:, block.first_bit : block.places.stop]
        rows, inverses = extension(block.bits), vanishing_inverses(block.bits)
        for place, row, inverse in zip(block.quotient, rows, inverses, strict=True):
            f = field61.matrix_vector(known, field61.vector(list(row)))
            product = field61.multiply(f, field61.add_constant(f, -1))
            out[:, place] = field61.scale(product, inverse)
    return out


def spoil(values: Vector) -> None:
    """Make every thousandth report crooked: its first word is no bit, its proof as it was."""
    values[SPOILT_AT::SPOILT_EVERY, 0] += np.uint64(2)


def spoilt(answers: int) -> int:
    """Return how many of ``answers`` reports ``spoil`` makes crooked."""
    return len(range(SPOILT_AT, answers, SPOILT_EVERY))
