"""The cases of proofs run small: real processes, crooked reports found, every field there."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from benchmarks.data import records, reports, spoil, spoilt, survey
from mpcengine.kernels import field61
from mpcengine.protocol.validity_prover import prove
from tests.protocol.made_reports import laid_out

FIELDS = {
    "case",
    "n",
    "seconds",
    "bytes_sent_per_party",
    "rounds",
    "peak_rss_mb",
    "bound_seconds",
    "ratio_to_bound",
    "bare_rate",
    "versions",
}


def figures(name: str, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options],
        stdout=subprocess.PIPE,
        check=True,
        timeout=200,
    )
    (line,) = done.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_it_proves_records_as_the_prover_does() -> None:
    _, plan = laid_out(survey(3, 4), largest=5)
    plain = records(6, 3, 4, "here")
    made = reports(plain, plan, "here")
    seeds = made[:, [block.seed for block in plan.blocks]].tolist()
    rows = zip(plain.tolist(), seeds, strict=True)
    assert made.tolist() == [prove(plan, record, drawn) for record, drawn in rows]


def test_it_spoils_one_in_a_thousand() -> None:
    values = field61.vector([0] * 2008).reshape(2008, 1)
    spoil(values)
    assert np.flatnonzero(values[:, 0]).tolist() == [7, 1007, 2007]
    assert spoilt(2008) == 3
    assert spoilt(2007) == 2
    assert spoilt(7) == 0


@pytest.mark.parametrize("case", ["check", "survey"])
def test_it_checks_at_three_nodes(case: str) -> None:
    found = figures(case, "--answers", "120", "--questions", "3", "--options", "3")
    assert set(found) >= {*FIELDS, "seconds_check", "seconds_tally", "seconds_gate"}
    assert (found["case"], found["n"]) == (case, 120)
    assert found["seconds_check"] > 0
    assert case == "survey" or found["rejected"] == 1


def test_it_measures_a_respondent() -> None:
    found = figures("prove", "--questions", "5", "--reports", "3")
    assert set(found) >= FIELDS
    assert found["bytes_sent_per_party"] == 2 * found["bytes_without_proof"] + 16


def test_it_mixes_texts_at_three_parties() -> None:
    found = figures("texts", "--rows", "50", "--bytes", "20")
    assert set(found) >= FIELDS
    assert (found["n"], found["words"], found["rounds"]) == (50, 4, 16)
    assert 1 < found["ratio_to_bytes_bound"] < 2.5
