"""What one respondent computes: ``python -m benchmarks.prove``.

Options: ``--questions 50 --options 6 --reports 200``; one JSON line. ``seconds`` is the mean of
proving and splitting one report in plain Python; sealing and tokens are measured elsewhere. The
bound is splitting a vector of as many words without a proof, in the same run.

With ``--engine node`` or ``chromium`` the booth's own code is measured, and ``seconds`` is all
that a respondent waits for: three tokens blinded, one report proved, split, sealed and closed.
The bound is then the engine's own curve and cipher for as many messages, in the same run.
"""

import argparse
import json
import resource
import secrets
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from benchmarks.data import JSON, records, survey
from benchmarks.engines import ENGINES, measured
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
    parser.add_argument("--engine", choices=("python", *ENGINES), default="python")
    parser.add_argument("--throttle", type=int, default=1, help="Chromium: times slower")
    chosen = parser.parse_args()
    measure = python_figures if chosen.engine == "python" else engine_figures
    print(json.dumps(measure(chosen)))
    return 0


def python_figures(chosen: argparse.Namespace) -> dict[str, JSON]:
    """Return the figures of the plain prover, which is the protocol's reference."""
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
    return {
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


def engine_figures(chosen: argparse.Namespace) -> dict[str, JSON]:
    """Return the figures of the booth's own code in a browser's engine."""
    definition = parse_survey(survey(chosen.questions, chosen.options)).to_json()
    rows = records(min(chosen.reports, 20), chosen.questions, chosen.options, chosen.seed)
    cells = rows.reshape(len(rows), chosen.questions, chosen.options).argmax(axis=2).tolist()
    answers = [{f"q{q}": f"o{option}" for q, option in enumerate(row)} for row in cells]
    asked = {"survey": definition, "answers": answers, "reports": chosen.reports}
    found = measured(chosen.engine, asked, throttle=chosen.throttle)
    seconds = found["blind"] + found["seal"]
    steps = ("blind", "finish", "prove", "split", "seal", "layout", "first")
    return {
        "case": "prove",
        "engine": chosen.engine,
        "n": chosen.questions,
        "seconds": round(seconds, 6),
        "bytes_sent_per_party": found["parcel_bytes"],
        "rounds": 0,
        "peak_rss_mb": found["peak_rss_mb"] and round(found["peak_rss_mb"], 1),
        "bound_seconds": round(found["bare"], 6),
        "ratio_to_bound": round(seconds / found["bare"], 2),
        "bare_rate": round(found["words"] / found["bare"]),
        **{f"seconds_{step}": round(found[step], 6) for step in steps},
        "cpu_seconds_all": found["cpu_seconds_all"],
        "throttle": chosen.throttle,
        "seconds_loop": [round(one, 3) for one in found.get("loop", ())],
        "versions": {"engine": found["version"]},
    }


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


if __name__ == "__main__":
    sys.exit(main())
