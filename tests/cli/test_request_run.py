"""A match and a comparison from files to a verified result, against nodes in this process."""

import threading
from pathlib import Path
from typing import Any

import pytest

from cli.errors import BadInput, CliError, NodeRefused
from cli.progress import Progress
from cli.request_run import Listed, RequestOutcome, request_run
from connector.list_files import ListFile
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.request_result import verify_request_result
from tests.connector.three_nodes import ThreeNodes

NAMES = ("One", "Two", "Three", "Four")


def match_request(**changes: Any) -> Any:
    return {
        "format": "drempel-request/1",
        "kind": "match",
        "title": {"en": "t"},
        "purpose": {"en": "p"},
        "identifier": "domain",
        "min_organisations": 3,
        "min_count": 5,
        **changes,
    }


def compare_request(**changes: Any) -> Any:
    return {
        "format": "drempel-request/1",
        "kind": "compare",
        "title": {"en": "t"},
        "purpose": {"en": "p"},
        "identifier": "domain",
        "min_count": 5,
        **changes,
    }


def host(number: int) -> str:
    return f"h{number}.example"


def run(
    tmp_path: Path,
    definition: Any,
    lists: dict[str, list[str]],
    nodes: ThreeNodes | None = None,
) -> RequestOutcome:
    listed = []
    for name, values in lists.items():
        path = tmp_path / f"{name}.txt"
        path.write_text("\n".join(values), encoding="utf-8")
        request = parse_request(definition)
        source = ListFile(path=path, identifiers=request.identifiers)
        listed.append(Listed(name=name, source=source))
    federation = ThreeNodes() if nodes is None else nodes
    outcome = request_run(
        federation, parse_request(definition), listed, Progress(is_quiet=True)
    )
    assert verify_request_result(outcome.document, federation.nodes_file).nodes_checked
    return outcome


def holders(*numbers: range | list[int]) -> dict[str, list[str]]:
    return {name: [host(n) for n in held] for name, held in zip(NAMES, numbers, strict=False)}


def test_a_match_says_how_many_hold_what(tmp_path: Path) -> None:
    asked = {"Requester": [host(n) for n in range(30)]}
    held = holders(range(10), range(5, 15), range(8, 100), range(200, 210))
    outcome = run(tmp_path, match_request(), {**asked, **held})
    section = outcome.document["match"]
    assert section["assurance"] == "semi-honest"
    assert section["organisations"] == {"count": 3, "status": "released"}
    assert section["per_indicator"] == [
        {"value": host(n), "organisations": 3, "status": "released"} for n in (8, 9)
    ]
    # One and Two hold 15, Three 22 of the 30: all 30 are held, so the number is hidden.
    assert section["indicators"] == {"count": None, "status": "suppressed"}
    assert outcome.document["accepted"] == 4
    hits = {name: one.to_json() for name, one in outcome.hits.items()}
    assert hits["One"]["items"] == sorted(host(n) for n in range(10))
    assert hits["One"]["lines"] == list(range(1, 11))
    assert hits["Four"] == {
        "format": "drempel-hits/1",
        "hit": False,
        "items": [],
        "lines": [],
    }


def test_fewer_organisations_than_the_least_are_hidden(tmp_path: Path) -> None:
    asked = {"Requester": [host(n) for n in range(30)]}
    outcome = run(tmp_path, match_request(), {**asked, **holders([1], [1], [50], [51])})
    section = outcome.document["match"]
    assert section["organisations"] == {"count": None, "status": "suppressed"}
    assert section["per_indicator"] == []
    assert outcome.hits["One"].hit


def test_with_two_holders_the_result_is_withheld_and_tells_nobody_anything(
    tmp_path: Path,
) -> None:
    asked = {"Requester": [host(1)]}
    outcome = run(tmp_path, match_request(), {**asked, **holders([1], [1])})
    assert outcome.document["state"] == "withheld"
    assert outcome.document["reason"] == "too few lists"
    assert "match" not in outcome.document
    assert outcome.hits == {}


def test_empty_lists_are_lists(tmp_path: Path) -> None:
    outcome = run(tmp_path, match_request(), {"Requester": [], **holders([], [1], [])})
    assert outcome.document["match"]["organisations"]["status"] == "suppressed"


@pytest.mark.parametrize(
    ("feedback", "found"),
    [("hit", {"hit": True, "items": None, "lines": None}), ("none", {"hit": None})],
)
def test_holders_learn_no_more_than_the_question_says(
    tmp_path: Path, feedback: str, found: dict[str, object]
) -> None:
    asked = {"Requester": [host(1)]}
    definition = match_request(holder_feedback=feedback)
    outcome = run(tmp_path, definition, {**asked, **holders([1], [2], [3])})
    hits = outcome.hits["One"].to_json()
    assert {key: hits[key] for key in found} == found
    assert outcome.hits["Two"].hit == (None if feedback == "none" else False)


def test_persons_leave_one_out(tmp_path: Path) -> None:
    numbers = ["111222333", "123456782"]
    lists = dict.fromkeys(NAMES[:3], numbers)
    definition = match_request(identifier="bsn")
    outcome = run(tmp_path, definition, {"Requester": numbers, **lists})
    assert outcome.document["match"]["organisations"]["count"] is None
    lists = dict.fromkeys(NAMES, numbers)
    outcome = run(tmp_path, definition, {"Requester": numbers, **lists})
    assert outcome.document["match"]["organisations"]["count"] == 4


def test_a_comparison_tells_the_overlap_and_the_union_if_sizes_may_be_known(
    tmp_path: Path,
) -> None:
    lists = holders(range(100), range(60, 200))
    outcome = run(tmp_path, compare_request(), lists)
    assert outcome.document["compare"] == {
        "assurance": "semi-honest",
        "intersection": {"count": 40, "status": "released"},
        "union": {"count": None, "status": "suppressed"},
    }
    assert outcome.document["accepted"] == 2
    assert outcome.hits == {}
    outcome = run(tmp_path, compare_request(list_sizes=True), lists)
    assert outcome.document["compare"]["union"] == {"count": 200, "status": "released"}


@pytest.mark.parametrize("held", [(range(100), range(98)), (range(100), range(97, 200))])
def test_nearly_all_and_nearly_nothing_in_common_are_hidden(
    tmp_path: Path, held: tuple[range, range]
) -> None:
    outcome = run(tmp_path, compare_request(list_sizes=True), holders(*held))
    found = outcome.document["compare"]
    assert found["intersection"]["count"] is found["union"]["count"] is None


def test_what_is_no_value_is_counted_and_left_out(tmp_path: Path) -> None:
    asked = {"Requester": ["localhost", host(1), "H1.example.", "h1[.]example"]}
    outcome = run(tmp_path, match_request(), {**asked, **holders([1], [1], [1])})
    report = outcome.left_out[str(tmp_path / "Requester.txt")]
    assert [one.row for one in report.dropped] == [1]
    assert len(outcome.left_out) == report.left_out == 1
    assert outcome.document["match"]["per_indicator"][0]["value"] == host(1)
    assert outcome.hits["One"].lines == (1,)


def test_lost_answers_are_asked_for_again(tmp_path: Path) -> None:
    nodes = ThreeNodes()
    nodes.lost_answers = 7
    asked = {"Requester": [host(1)]}
    outcome = run(tmp_path, match_request(), {**asked, **holders([1], [1], [1])}, nodes)
    assert outcome.document["match"]["organisations"]["count"] == 3
    assert nodes.lost_answers == 0


@pytest.mark.parametrize("index", [1, 2, 3])
def test_a_node_that_changes_private_bits_is_noticed(tmp_path: Path, index: int) -> None:
    nodes = ThreeNodes()
    nodes.flipped = index
    asked = {"Requester": [host(1)]}
    with pytest.raises(CliError, match="different copies"):
        run(tmp_path, match_request(), {**asked, **holders([1], [1], [1])}, nodes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"min_organisations": 2}, "min_organisations"),
        ({"identifier": "bsn", "min_count": 4}, "min_count"),
    ],
)
def test_an_operators_no_is_told_as_a_refusal(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    lists = {"Requester": [host(1)], **holders([1], [1])}
    nodes = ThreeNodes(test=False)
    with pytest.raises(NodeRefused, match=said):
        run(tmp_path, match_request(**changes), lists, nodes)


def test_a_file_that_is_no_table_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    request = parse_request(match_request())
    source = ListFile(path=path, identifiers=request.identifiers, column="host")
    listed = [Listed(name="Requester", source=source)]
    with pytest.raises(BadInput, match="row 1"):
        request_run(ThreeNodes(), request, listed, Progress(is_quiet=True))
    gone = ListFile(path=tmp_path / "gone", identifiers=request.identifiers)
    with pytest.raises(BadInput, match="cannot be read"):
        request_run(
            ThreeNodes(), request, [Listed(name="x", source=gone)], Progress(is_quiet=True)
        )


def test_no_value_and_no_name_of_a_file_travels(tmp_path: Path) -> None:
    nodes = ThreeNodes()
    run(tmp_path, match_request(), {"Requester": [host(1)], **holders([1], [1], [1])}, nodes)
    paths = " ".join(path for _, _, path in nodes.calls)
    assert host(1) not in paths
    assert str(tmp_path) not in paths
    assert threading.active_count() < 50
