"""A survey from the sealed batch to released tables: ``python -m benchmarks.survey``.

Options: ``--answers 100000 --questions 20 --options 5``; one JSON line. Sealing is preparation
and not timed; unsealing, proofs of valid answers, tally, gate, opening and line checks are. One
report in a thousand is crooked and must be the only ones missing from the counts.
"""

import argparse
import sys

from benchmarks.trio import Size, line, run_case


def main() -> int:
    """Run one survey through three nodes and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--options", type=int, default=5)
    parser.add_argument("--seed", default="drempel", help="of the made-up answers")
    chosen = parser.parse_args()
    size = Size(
        answers=chosen.answers,
        questions=chosen.questions,
        options=chosen.options,
        seed=chosen.seed,
        sealed=True,
        proven=True,
    )
    figures = run_case(size)
    print(line("survey", chosen.answers, figures, figures["seconds"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
