"""What one respondent computes: ``python -m benchmarks.prove``.

Options: ``--questions 50 --options 6 --reports 200``; one JSON line. ``seconds`` is the mean of
proving and splitting one report in plain Python; sealing and tokens are measured elsewhere. The
bound is splitting a vector of as many words without a proof, in the same run.
"""

import argparse
import json
import resource
import secrets
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from benchmarks.data import records, survey
from benchmarks.trio import versions
from mpcengine.protocol.field import ELEMENT_BYTES, MODULUS
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.sharing import ShareVectors, split
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.validity_prover import prove

T = TypeVar("T")


def main() -> int:
    """Prove and split a number of reports and print the figures of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--options", type=int, default=6)
    parser.add_argument("--reports", type=int, default=200)
    parser.add_argument("--seed", default="drempel", help="of the made-up answers")
    chosen = parser.parse_args()
    layout = build_layout(parse_survey(survey(chosen.questions, chosen.options)))
    plan = layout.proof
    rows = records(chosen.reports, chosen.questions, chosen.options, chosen.seed).tolist()

    def proven(row: list[int]) -> list[int]:
        return prove(plan, row, [secrets.randbelow(MODULUS) for _ in range(plan.seeds)])

    def shared(words: list[int]) -> ShareVectors:
        return split(words, [secrets.randbelow(MODULUS) for _ in words])

    first, _ = _timed(lambda: proven(rows[0]))
    proving, made = _timed(lambda: [proven(row) for row in rows])
    bound, _ = _timed(lambda: [shared(report) for report in made])
    one = (proving + bound) / chosen.reports
    figures = {
        "case": "prove",
        "n": chosen.questions,
        "seconds": round(one, 6),
        "bytes_sent_per_party": plan.words * ELEMENT_BYTES,
        "rounds": 0,
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "bound_seconds": round(bound / chosen.reports, 6),
        "ratio_to_bound": round((proving + bound) / bound, 2),
        "bare_rate": round(chosen.reports * plan.words / bound),
        "seconds_first": round(first, 6),
        "bytes_without_proof": plan.width * ELEMENT_BYTES,
        "versions": versions(),
    }
    print(json.dumps(figures))
    return 0


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


if __name__ == "__main__":
    sys.exit(main())
