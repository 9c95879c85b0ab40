"""Whole matches: ``python -m benchmarks.match [--case NAME …]``, one JSON line a case.

A match goes through its three rounds as a node runs them: `order` over all lists, `merge`
bucket by bucket, `outcome`, each by three fresh processes of the product's own party over TLS.
What is shown is opened and compared with plain Python. Seconds are from the first process to
the last array; sharing the lists is preparation. The bound is measured by ``benchmarks.words
merge``: the same messages as bare ANDs.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass

import numpy as np

from benchmarks.trio import INDEXES, versions
from benchmarks.words_trio import PRODUCT, Ran, Round, Words, distinct, run, share, share_list
from mpcengine.protocol.wordswire import (
    MERGE,
    ORDER,
    OUTCOME,
    WordsList,
    first_array,
)

OVERLAP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Say how large a match is: words of a bucket of the first list and of each other list."""

    first: int
    others: int
    holders: int = 1
    buckets: int = 1


CASES = {
    "match": Case(first=2**20, others=2**20),
    "match 1k x 20 x 100k": Case(first=1_000, others=100_000, holders=20),
    "match 10M": Case(first=2**20, others=2**20, buckets=10),
}


def main() -> int:
    """Run the cases and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs="+", choices=sorted(CASES), default=list(CASES)[:2])
    parser.add_argument("--seed", default="drempel", help="of the made-up lists")
    chosen = parser.parse_args()
    for name in chosen.case:
        print(json.dumps(Match(name, CASES[name], chosen.seed).figures()), flush=True)
    return 0


class Match:
    """One match from shared lists to what is shown."""

    def __init__(self, name: str, case: Case, seed: str) -> None:
        self.name, self.case = name, case
        self._seed = list(seed.encode())
        self._seconds = {"order": 0.0, "merge": 0.0, "outcome": 0.0}
        self._sent = self._processor = self._peak = 0.0

    def figures(self) -> dict[str, object]:
        """Run the match and return its figures; raise RuntimeError if a result is wrong."""
        case = self.case
        lists = [self._lists(bucket) for bucket in range(case.buckets)]
        shared = [
            [share_list(words, place) for place, words in enumerate(each)] for each in lists
        ]
        described = (
            WordsList(owner=0, words=case.first),
            *(WordsList(owner=o, words=case.others) for o in range(1, case.holders + 1)),
        )
        order = Round(number=ORDER, lists=described, buckets=case.buckets)
        blocks = [each[place] for place in range(len(described)) for each in shared]
        ran = self._run("order", order, blocks)
        if (ran.opened("order") != 1).any():
            raise RuntimeError("an ascending list was taken for another")
        flags = []
        for bucket in range(case.buckets):
            merge = Round(number=MERGE, lists=described, buckets=case.buckets, bucket=bucket)
            flags.append(self._run("merge", merge, shared[bucket]))
        self._outcome(described, flags, lists)
        return self._line()

    def _lists(self, bucket: int) -> list[Words]:
        """Return a bucket's lists; a tenth of the first is at every holder."""
        case = self.case
        first = distinct(case.first, [*self._seed, bucket])
        common = np.random.default_rng(bucket).permutation(first)[: case.first // OVERLAP]
        others = [
            np.sort(
                np.concatenate(
                    [
                        common,
                        distinct(case.others - len(common), [*self._seed, bucket, holder + 1]),
                    ]
                )
            )
            for holder in range(case.holders)
        ]
        return [first, *others]

    def _outcome(
        self, described: tuple[WordsList, ...], flags: list[Ran], lists: list[list[Words]]
    ) -> None:
        case = self.case
        blocks = [
            share(np.array([len(each[place])], dtype=np.uint64), place)
            for place in range(len(described))
            for each in lists
        ]
        blocks += [
            {index: ran.arrays[index][first_array(one.owner)] for index in INDEXES}
            for one in described[1:]
            for ran in flags
        ]
        request = {
            "format": "drempel-request/1",
            "kind": "match",
            "title": {"en": "benchmark"},
            "purpose": {"en": "benchmark"},
            "identifier": "domain",
            "min_count": 10,
            "min_organisations": 1,
        }
        outcome = Round(number=OUTCOME, lists=described, buckets=case.buckets, request=request)
        ran = self._run("outcome", outcome, blocks)
        expected = [
            case.holders,
            sum(int(np.isin(each[0], np.concatenate(each[1:])).sum()) for each in lists),
        ]
        shown = ran.opened("shown") & np.uint64(1)
        if shown.tolist() != [1, 1] or ran.opened("values").tolist() != expected:
            raise RuntimeError("what is shown is wrong")

    def _run(self, name: str, one: Round, blocks: "list[dict[int, bytes]]") -> Ran:
        start = time.monotonic()
        ran = run(one, blocks, module=PRODUCT, arguments=())
        self._seconds[name] += time.monotonic() - start
        self._sent += ran.figures["bytes_sent"]
        self._processor += ran.figures["cpu_seconds"]
        self._peak = max(self._peak, ran.figures["peak_rss_mb"])
        return ran

    def _line(self) -> dict[str, object]:
        case = self.case
        return {
            "case": self.name,
            "n": case.first * case.buckets,
            "holders": case.holders,
            "n_other": case.others * case.buckets,
            "buckets": case.buckets,
            "seconds": round(sum(self._seconds.values()), 3),
            **{f"seconds_{key}": round(value, 3) for key, value in self._seconds.items()},
            "cpu_seconds_party": round(self._processor, 3),
            "bytes_sent_per_party": int(self._sent),
            "peak_rss_mb": round(self._peak, 1),
            "versions": versions(),
        }


if __name__ == "__main__":
    sys.exit(main())
