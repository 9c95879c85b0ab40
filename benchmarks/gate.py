"""The release gate alone: ``python -m benchmarks.gate [--cells 1000]``, one JSON line."""

import argparse
import sys

from benchmarks.trio import Size, line, run_case

OPTIONS = 5
ANSWERS = 2000


def main() -> int:
    """Run the gate over tables of five cells each and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=1000, help="cells in all tables together")
    parser.add_argument("--seed", default="drempel", help="of the made-up answers")
    chosen = parser.parse_args()
    if chosen.cells < OPTIONS:
        parser.error(f"a table has {OPTIONS} cells")
    questions = chosen.cells // OPTIONS
    size = Size(
        answers=ANSWERS,
        questions=questions,
        options=OPTIONS,
        seed=chosen.seed,
        sealed=False,
        proven=False,
    )
    figures = run_case(size)
    print(line("gate", questions * OPTIONS, figures, figures["seconds_gate"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
