"""Nine answers where ten are needed: the file says withheld, and holds no number."""

import json
from pathlib import Path

from tests.end_to_end.harness import EXAMPLES, drempel


def test_it_withholds_nine_answers_and_writes_no_number(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    survey, answers = EXAMPLES / "withheld.survey.json", EXAMPLES / "withheld.answers.csv"
    done = drempel("local", "survey", survey, answers, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["state"] == "withheld"
    assert summary["reason"] == "fewer than min_count"
    assert summary["accepted"] is None
    document = json.loads(out.read_text("utf-8"))
    assert document["state"] == "withheld"
    assert document["accepted"] is None
    assert document["rejected"] == []
    assert "tables" not in document
    assert "statistics" not in document
    said = {key: value for key, value in document.items() if key != "proof"}
    assert not _numbers(said)
    shown = drempel("show", out)
    assert shown.returncode == 0
    assert "Withheld: fewer than min_count. There is no number to show." in shown.stdout
    assert drempel("verify", out).returncode == 0


def _numbers(value: object) -> list[object]:
    if isinstance(value, dict):
        return [n for inner in value.values() for n in _numbers(inner)]
    if isinstance(value, list):
        return [n for inner in value for n in _numbers(inner)]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return [value] if is_number else []
