"""A survey from the sealed batch to released tables: ``python -m benchmarks.survey``.

Options: ``--answers 100000 --questions 20 --options 5``; one JSON line. Sealing is preparation
and not timed; unsealing, proofs of valid answers, tally, gate, opening and line checks are. One
report in a thousand is crooked and must be the only ones missing from the counts.
"""

import sys

from benchmarks.trio import line, run_case, size_chosen


def main() -> int:
    """Run one survey through three nodes and print its figures."""
    size = size_chosen(__doc__, sealed=True)
    figures = run_case(size)
    print(line("survey", size.answers, figures, figures["seconds"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
