"""Cases on words run small: results are checked by the cases themselves."""

import json

from benchmarks import plot, words
from benchmarks.match import Case, Match


def test_it_measures_a_merge_beside_its_bare_messages() -> None:
    ran = words.merged("merge", 500, 0.0, "seed")
    line = words.line("merge", 500, 0.0, ran)
    assert json.loads(json.dumps(line))["case"] == "merge"
    assert isinstance(line["ratio_to_bound"], float)
    assert isinstance(line["bytes_sent_per_party"], int)
    # At least one word each way for each of the thousand words, in each of nine levels.
    assert line["bytes_sent_per_party"] > 8 * 1000


def test_it_compares_on_a_slow_network() -> None:
    """Seven rounds of 40 ms each: a party waits at least that long."""
    ran = words.decided("compare", 640, 0.02, "seed")
    assert ran.figures["seconds_work"] > 7 * 0.02


def test_it_runs_a_whole_match() -> None:
    small = Case(first=100, others=70, holders=2, buckets=2)
    figures = Match("small", small, "seed").figures()
    assert (figures["n"], figures["n_other"], figures["holders"]) == (200, 140, 2)


def test_it_draws_sizes_and_tells_the_slope() -> None:
    lines = [
        {"case": "merge", "n": n, "cpu_seconds": n / 1000, "cpu_seconds_bare": n / 2000}
        for n in (1024, 4096, 2048)
    ]
    svg = plot.drawn(lines)
    assert "work: slope 1.00" in svg
    assert svg.index("2^10") < svg.index("2^11") < svg.index("2^12")
