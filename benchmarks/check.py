"""From opened reports to decided tables: ``python -m benchmarks.check``.

Options: ``--answers 100000 --questions 20 --options 5``; one JSON line. Coin, evaluation,
verdict, tally and gate of three nodes; one report in a thousand is crooked. ``seconds`` is
check + tally + gate of the slowest node in each. The bound is set against the evaluation alone,
both in processor time: as many bare modular products over the same rows in the same run.
"""

import json
import sys

from benchmarks.trio import Size, crooked, run_case, size_chosen, versions

ROUNDS = 3


def main() -> int:
    """Check one batch at three nodes and print its figures."""
    size = size_chosen(__doc__, sealed=False)
    print(json.dumps(figures_of(size, run_case(size))))
    return 0


def figures_of(size: Size, figures: dict[str, float]) -> dict[str, object]:
    """Return the fields of ``drempel bench`` for this case."""
    phases = ("check", "tally", "gate")
    bound = figures["bound_evaluate"]
    total = sum(figures[f"seconds_{name}"] for name in ("check", "tally", "gate"))
    return {
        "case": "check",
        "n": size.answers,
        "seconds": round(total, 3),
        "bytes_sent_per_party": int(figures["check_bytes"]),
        "rounds": ROUNDS,
        "peak_rss_mb": round(max(figures["peak_rss_mb"], figures["node_rss_mb"]), 1),
        "bound_seconds": round(bound, 4),
        "ratio_to_bound": round(figures["cpu_evaluate"] / bound, 2),
        "bare_rate": round(size.answers * figures["report_bytes"] / bound),
        **{f"seconds_{name}": round(figures[f"seconds_{name}"], 3) for name in phases},
        "cpu_seconds_evaluate": round(figures["cpu_evaluate"], 4),
        "cpu_seconds_check": round(figures["cpu_check"], 3),
        "seconds_waited": round(figures["check_waited"], 3),
        "rejected": crooked(size),
        "report_bytes": int(figures["report_bytes"]),
        "versions": versions(),
    }


if __name__ == "__main__":
    sys.exit(main())
