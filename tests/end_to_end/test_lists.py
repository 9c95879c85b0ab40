"""A match and a comparison through the console script and real nodes, against Python sets."""

import json
from collections import Counter
from pathlib import Path

import pytest

from cli.embedded.federation import Federation
from cli.request_run import Listed, RequestOutcome, request_run
from connector.list_files import ListFile
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.request_result import verify_request_result
from tests.end_to_end.harness import EXAMPLES, QUIET, drempel, sentence_of

HOLDINGS = EXAMPLES / "phishing.holdings"


def request(kind: str, **more: JSON) -> JSON:
    return {
        "format": "drempel-request/1",
        "kind": kind,
        "title": {"en": "t"},
        "purpose": {"en": "p"},
        "identifier": "opaque",
        "min_count": 5,
        **more,
    }


def run(
    federation: Federation, tmp_path: Path, definition: JSON, lists: dict[str, list[str]]
) -> RequestOutcome:
    asked = parse_request(definition)
    listed = []
    for name, values in lists.items():
        path = tmp_path / f"{name}.txt"
        path.write_text("".join(f"{value}\n" for value in values), encoding="utf-8")
        source = ListFile(path=path, identifiers=asked.identifiers)
        listed.append(Listed(name=name, source=source))
    outcome = request_run(federation, asked, listed, QUIET)
    verify_request_result(outcome.document, federation.nodes_file)
    return outcome


def items(*numbers: int) -> list[str]:
    return [f"item {number}" for number in numbers]


def test_the_example_match_by_the_console_script(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    done = drempel(
        *("local", "match", EXAMPLES / "phishing.request.json"),
        *("--indicators", EXAMPLES / "phishing.indicators.csv", "--holdings", HOLDINGS),
        *("--out", out, "--json"),
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["state"], summary["accepted"]) == ("released", 6)
    assert [part["count"] for part in summary["left_out"].values()] == [2]
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["match"]["organisations"] == {"count": 4, "status": "released"}
    assert document["match"]["indicators"] == {"count": 30, "status": "released"}
    assert len(document["match"]["per_indicator"]) == 6
    hits = {path.name: json.loads(path.read_text()) for path in tmp_path.glob("*.hits.json")}
    assert len(hits) == 6
    assert len(hits["hospital-north.hits.json"]["items"]) == 24
    assert hits["pharmacy.hits.json"]["hit"] is False
    shown = drempel("show", out)
    assert shown.returncode == 0
    assert "30" in shown.stdout
    assert drempel("verify", out).returncode == 0
    document["match"]["organisations"]["count"] = 5
    out.write_text(json.dumps(document), encoding="utf-8")
    tampered = drempel("verify", out)
    assert tampered.returncode == 1
    assert "match.organisations.count" in sentence_of(tampered)


def test_the_example_comparison_by_the_console_script(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    files = {name: EXAMPLES / f"registers.{name}.txt" for name in ("police", "register")}
    done = drempel(
        *("local", "compare", EXAMPLES / "registers.request.json", "--out", out),
        *(part for name, path in files.items() for part in ("--list", f"{name}={path}")),
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    police, register = (set(path.read_text().splitlines()) for path in files.values())
    found = json.loads(out.read_text(encoding="utf-8"))["compare"]
    assert found["intersection"]["count"] == len(police & register)
    assert found["union"]["count"] == len(police | register)


def test_a_node_that_refuses_is_exit_code_three(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(
        json.dumps(request("match", min_organisations=2)), encoding="utf-8"
    )
    (tmp_path / "l.txt").write_text("x\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    done = drempel(
        *("local", "match", tmp_path / "r.json", "--indicators", tmp_path / "l.txt"),
        *("--holding", f"a={tmp_path / 'l.txt'}", "--out", tmp_path / "out.json"),
    )
    assert done.returncode == 3, done.stderr
    assert "min_organisations" in sentence_of(done)
    assert sorted(tmp_path.iterdir()) == before


def test_eight_holders_with_every_overlap(lenient: Federation, tmp_path: Path) -> None:
    held = {f"h{n}": set(items(*range(n, 60, n + 1))) for n in range(8)}
    asked = set(items(*range(10, 90)))
    lists = {"Requester": sorted(asked), **{name: sorted(own) for name, own in held.items()}}
    outcome = run(lenient, tmp_path, request("match"), lists)
    section = outcome.document["match"]
    counts = Counter(value for own in held.values() for value in own & asked)
    assert section["organisations"]["count"] == sum(1 for own in held.values() if own & asked)
    shown = {row["value"]: row["organisations"] for row in section["per_indicator"]}
    assert shown == {value: n for value, n in counts.items() if n >= 3}
    apart = len(counts) - len(shown)
    is_shown = 5 <= len(counts) <= len(asked) - 5 and not 0 < apart < 5
    assert section["indicators"]["count"] == (len(counts) if is_shown else None)
    for name, own in held.items():
        assert set(outcome.hits[name].items or ()) == own & asked


@pytest.mark.parametrize(
    "lists",
    [
        {"Requester": [], "a": items(1), "b": [], "c": items(2)},
        {"Requester": items(1), "a": items(1), "b": items(1), "c": items(1)},
        {"Requester": items(*range(64)), "a": items(*range(64)), "b": [], "c": []},
        {"Requester": items(*range(65)) * 2, "a": items(1, 1, 1), "b": items(2), "c": []},
    ],
)
def test_few_none_and_the_same_again(
    lenient: Federation, tmp_path: Path, lists: dict[str, list[str]]
) -> None:
    outcome = run(lenient, tmp_path, request("match", min_count=1, min_organisations=1), lists)
    asked = set(lists["Requester"])
    held = {name: set(own) & asked for name, own in lists.items() if name != "Requester"}
    matched = set().union(*held.values())
    section = outcome.document["match"]
    organisations = sum(1 for own in held.values() if own)
    assert section["organisations"]["count"] == (organisations or None)
    is_between = bool(organisations) and 1 <= len(matched) <= len(asked) - 1
    assert section["indicators"]["count"] == (len(matched) if is_between else None)
    for name, own in held.items():
        assert outcome.hits[name].hit == bool(own)
        assert set(outcome.hits[name].items or ()) == own


@pytest.mark.parametrize("feedback", ["hit", "none"])
def test_holders_learn_what_the_question_says(
    lenient: Federation, tmp_path: Path, feedback: str
) -> None:
    lists = {"Requester": items(1), "a": items(1), "b": items(2), "c": items(3)}
    definition = request("match", holder_feedback=feedback, min_organisations=1)
    outcome = run(lenient, tmp_path, definition, lists)
    told = [outcome.hits[name].hit for name in "abc"]
    assert told == ([True, False, False] if feedback == "hit" else [None] * 3)
    assert all(outcome.hits[name].items is None for name in "abc")


def test_too_few_holders_is_withheld_with_exit_code_zero(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(request("match")), encoding="utf-8")
    (tmp_path / "l.txt").write_text("x\n", encoding="utf-8")
    done = drempel(
        *("local", "match", tmp_path / "r.json", "--indicators", tmp_path / "l.txt"),
        *("--holding", f"a={tmp_path / 'l.txt'}", "--out", tmp_path / "out.json"),
    )
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert (document["state"], document["reason"]) == ("withheld", "too few lists")
    assert "match" not in document
    assert list(tmp_path.glob("*.hits.json")) == []


def test_three_lists_compare_to_what_all_have(lenient: Federation, tmp_path: Path) -> None:
    lists = {
        "a": items(*range(100)),
        "b": items(*range(50, 200)),
        "c": items(*range(70, 300)),
    }
    outcome = run(lenient, tmp_path, request("compare", list_sizes=True), lists)
    assert outcome.document["compare"]["intersection"]["count"] == 30
    assert outcome.document["compare"]["union"]["count"] is None
