"""The benchmark of a respondent runs the booth's own code, in every engine that is here."""

import json
import os
import shutil
import subprocess
import sys

import pytest

ENGINES = [
    engine
    for engine in ("node", "chromium")
    if shutil.which(engine) or os.environ.get("CI") == "true"
]


@pytest.mark.parametrize("engine", ENGINES)
def test_it_measures_a_whole_answer(engine: str) -> None:
    options = ("--questions", "5", "--reports", "2", "--engine", engine)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.prove", *options],
        stdout=subprocess.PIPE,
        check=True,
        timeout=200,
    )
    found = json.loads(done.stdout)
    assert (found["case"], found["engine"], found["n"]) == ("prove", engine, 5)
    assert found["bytes_sent_per_party"] == 1271 + 3 * (81 + 8 * 62)
    assert 0 < found["bound_seconds"] < found["seconds"]
    assert {"seconds_blind", "seconds_finish", "seconds_seal", "seconds_first"} <= set(found)


@pytest.mark.parametrize("engine", [one for one in ENGINES if one == "chromium"])
def test_it_slows_the_page_down(engine: str) -> None:
    options = ("--questions", "5", "--reports", "2", "--engine", engine, "--throttle", "8")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.prove", *options],
        stdout=subprocess.PIPE,
        check=True,
        timeout=200,
    )
    # Eight times, less what the loop of an idle machine and that of a busy one differ.
    usual, slowed = json.loads(done.stdout)["seconds_loop"]
    assert slowed > 2 * usual
