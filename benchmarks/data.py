"""Reproducible surveys, records and shares for the cases; nothing here is secret."""

import hashlib
from typing import Any

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61

JSON = Any


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
