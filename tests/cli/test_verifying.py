"""A result is checked against its nodes' lists, and whoever shows other lists is named."""

import argparse
import copy
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from cli import verifying
from cli.commands import verify
from cli.errors import BadInput, CliError
from cli.results import ReadResult
from cli.verifying import lists_check
from connector import http
from connector.checks import checks_verify
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.result import assemble_result, verify_result
from mpcengine.protocol.signing import LABEL_STATEMENT, sign
from tests.connector.doubles import Pool, receiver
from tests.connector.publishing import Publishing
from tests.vectors.cast import cast
from tests.vectors.job import job

FILE = Path("result.json")
NAMES = "abc"


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Publishing]:
    """Return three nodes that publish the sample job, in pages of seven."""
    monkeypatch.setattr(http, "FIRST_WAIT_SECONDS", 0.001)
    found = {}
    for index, name in enumerate(NAMES, start=1):
        node = Publishing(index, cast().manifest.digest, page_size=7)
        node.pages["accepted"] = list(job().verdict.accepted)
        node.pages["rejected"] = [
            {"id": one.package, "reason": one.reason} for one in job().verdict.rejected
        ]
        node.statement = job().statements[index - 1]
        found[name] = node
    # How reports were checked has tests of its own; the sample job has none.
    monkeypatch.setattr(verifying, "checks_verify", lambda *_: None)
    monkeypatch.setattr(
        verifying,
        "nodes_of",
        lambda *_: {
            n: receiver(Pool(one.answer, failures=one.failures), f"Node {n}", patience=0.01)
            for n, one in found.items()
        },
    )
    return found


def read(document: JSON) -> ReadResult:
    return ReadResult(document=document, verification=verify_result(document))


@pytest.fixture
def result() -> ReadResult:
    return read(copy.deepcopy(job().result))


def check(result: ReadResult, silent: Sequence[str] = ()) -> dict[str, str]:
    lines, did_not_answer = lists_check(result, cast().nodes, FILE)
    assert did_not_answer == list(silent)
    return lines


@pytest.mark.usefixtures("nodes")
def test_it_reads_all_lists_of_all_nodes(result: ReadResult) -> None:
    line = "its lists give the root and the verdict it signed (60 counted, 1 not)"
    assert check(result) == {"a": line, "b": line, "c": line}


@pytest.mark.usefixtures("nodes")
def test_it_names_a_node_whose_values_give_another_verdict(
    result: ReadResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "checks_verify", checks_verify)
    with pytest.raises(CliError) as caught:
        check(result)
    assert caught.value.sentence == (
        "result.json does not verify: Node a publishes nothing of how it checked answers."
    )


def test_it_names_a_node_whose_list_is_another(
    nodes: dict[str, Publishing], result: ReadResult
) -> None:
    nodes["b"].pages["accepted"] = nodes["b"].pages["accepted"][1:]
    with pytest.raises(CliError) as caught:
        check(result)
    assert caught.value.sentence.startswith("result.json does not verify: Node b: ")


def test_it_names_a_node_that_published_another_statement(
    nodes: dict[str, Publishing], result: ReadResult
) -> None:
    nodes["c"].release(job().verdict.accepted[:2], {})
    with pytest.raises(CliError) as caught:
        check(result)
    sentence = "result.json does not verify: node c publishes another statement."
    assert caught.value.sentence == sentence


def test_it_names_who_does_not_answer_and_needs_one_who_does(
    nodes: dict[str, Publishing], result: ReadResult
) -> None:
    nodes["a"].failures = nodes["b"].failures = 10_000
    found = check(result, silent=("a", "b"))
    assert found["a"] == found["b"].replace("Node b", "Node a")
    assert found["a"] == "not checked: Node a cannot be reached."
    nodes["c"].failures = 10_000
    with pytest.raises(CliError) as caught:
        check(result)
    assert caught.value.sentence == "No node answers; the lists were not checked."


@pytest.fixture
def withheld(nodes: dict[str, Publishing]) -> ReadResult:
    for node in nodes.values():
        node.withhold("fewer than min_count")
        node.roster_size = cast().manifest.roster.size
        node.see("ab" * 32)
    statements = [node.statement for node in nodes.values()]
    signatures = [
        sign(key, LABEL_STATEMENT, data)
        for key, data in zip(cast().identity, statements, strict=True)
    ]
    return read(assemble_result(cast().signed, statements, signatures))


def test_a_withheld_survey_s_list_tells_no_number(
    nodes: dict[str, Publishing], withheld: ReadResult
) -> None:
    size = cast().manifest.roster.size
    line = f"its list has the roster's size ({size}) and tells no number"
    assert check(withheld) == {"a": line, "b": line, "c": line}
    del nodes["b"].pages["seen"]
    assert check(withheld)["b"] == "publishes no list"
    nodes["c"].roster_size = 1
    nodes["c"].see("ab" * 32)
    with pytest.raises(CliError) as caught:
        check(withheld)
    assert "node c's list tells how many answered" in caught.value.sentence


def test_it_says_whose_lists_it_needs(tmp_path: Path) -> None:
    given = argparse.Namespace(result=tmp_path / "r", nodes=None, lists=True, json=False)
    with pytest.raises(BadInput) as caught:
        verify.run(given)
    assert "--nodes" in caught.value.sentence


def test_it_fails_where_a_node_s_lists_could_not_be_read(
    nodes: dict[str, Publishing], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = argparse.Namespace(
        result=tmp_path / "result.json",
        nodes=tmp_path / "nodes.json",
        lists=True,
        json=False,
    )
    given.result.write_text(json.dumps(job().result))
    given.nodes.write_text(json.dumps(cast().nodes.to_json()))
    assert verify.run(given) == 0
    nodes["b"].failures = 10_000
    assert verify.run(given) == 1
    assert "node b: not checked: Node b cannot be reached." in capsys.readouterr().out
