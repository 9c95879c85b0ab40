"""Circuits on words: ``python -m benchmarks.words CASE [--n N …] [--delay SECONDS …]``.

CASE: ``and``, ``compare``, ``equality`` (N words each), ``merge`` (N words against N, round 5
of one bucket). Three real parties over TLS on this machine; results are opened and compared
with plain Python. One JSON line a size and delay; the bound replays the same messages as bare
ANDs over the same connections right afterwards.
"""

import argparse
import json
import sys

import numpy as np

from benchmarks.trio import versions
from benchmarks.words_trio import MEASURED, Ran, Round, distinct, run, share, share_list
from mpcengine.protocol.wordswire import MERGE, WordsList

SIZES = {"and": 2**23, "compare": 2**22, "equality": 2**23, "merge": 2**20}
OVERLAP = 10


def main() -> int:
    """Run one case and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=sorted(SIZES))
    parser.add_argument("--n", type=int, nargs="+", help="words of each list")
    parser.add_argument(
        "--delay", type=float, nargs="+", default=[0.0], help="seconds, one way"
    )
    parser.add_argument("--seed", default="drempel", help="of the made-up lists")
    chosen = parser.parse_args()
    for count in chosen.n or [SIZES[chosen.case]]:
        for delay in chosen.delay:
            measure = merged if chosen.case == "merge" else decided
            ran = measure(chosen.case, count, delay, chosen.seed)
            print(json.dumps(line(chosen.case, count, delay, ran)), flush=True)
    return 0


def merged(_case: str, count: int, delay: float, seed: str) -> Ran:
    """Match two lists of ``count`` words of which a tenth is in both."""
    pool = distinct(2 * count, list(seed.encode()))
    drawn = np.random.default_rng(count).permutation(pool)
    first = np.sort(drawn[:count])
    other = np.sort(drawn[count - count // OVERLAP :][:count])
    ran = _run("round", [share_list(first, 1), share_list(other, 2)], count, delay)
    for name, own, theirs in (("first/1", first, other), ("other/1", other, first)):
        if (ran.bits(name, count) != np.isin(own, theirs)).any():
            raise RuntimeError("a flag is wrong")
    return ran


def decided(case: str, count: int, delay: float, seed: str) -> Ran:
    """AND or compare two arrays of ``count`` words; every tenth word is equal."""
    drawn = np.random.default_rng(list(seed.encode()))
    first, other = drawn.integers(2**64, size=(2, count), dtype=np.uint64, endpoint=False)
    if case == "compare":
        # What is equal may be decided either way.
        other[other == first] ^= np.uint64(1)
    else:
        other[::OVERLAP] = first[::OVERLAP]
    sharing = share if case == "and" else share_list
    ran = _run(case, [sharing(first, 1), sharing(other, 2)], count, delay)
    if case == "and":
        is_right = (ran.opened("out") == first & other).all()
    else:
        expected = first > other if case == "compare" else first == other
        is_right = (ran.bits("out", count) == expected).all()
    if not is_right:
        raise RuntimeError("a result is wrong")
    return ran


def line(case: str, count: int, delay: float, ran: Ran) -> dict[str, object]:
    """Return the figures of a case as ``drempel bench`` prints them."""
    figures = ran.figures
    seconds = figures.get("seconds_work", figures.get("seconds_merge", 0.0))
    bare, sent = figures["seconds_bare"], figures["round_bytes"]
    return {
        "case": case,
        "n": count,
        "seconds": round(seconds, 3),
        "bytes_sent_per_party": int(sent),
        "messages": int(figures["round_messages"]),
        "peak_rss_mb": round(figures["peak_rss_mb"], 1),
        "bound_seconds": round(bare, 4),
        "ratio_to_bound": round(seconds / bare, 2),
        "bare_rate": round(sent / bare),
        "rate": round(count / seconds),
        "cpu_seconds": round(figures["cpu_work"], 3),
        "cpu_seconds_bare": round(figures["cpu_bare"], 3),
        "cpu_ratio_to_bound": round(figures["cpu_work"] / max(figures["cpu_bare"], 1e-9), 2),
        "delay": delay or None,
        "seconds_whole": round(ran.seconds - bare, 3),
        "versions": versions(),
    }


def _run(case: str, blocks: "list[dict[int, bytes]]", count: int, delay: float) -> Ran:
    lists = (WordsList(owner=0, words=count), WordsList(owner=1, words=count))
    one = Round(number=MERGE, lists=lists, delay=delay)
    return run(one, blocks, module=MEASURED, arguments=(case,))


if __name__ == "__main__":
    sys.exit(main())
