"""Three statements make one result; whatever in the file they do not say is refused."""

import base64
import json
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from mpcengine.protocol.batch import Rejected
from mpcengine.protocol.canonical import JSON, canonical, parse_canonical
from mpcengine.protocol.errors import (
    BadSignature,
    DisclosureRefused,
    InconsistentShares,
    MalformedInput,
    MalformedMessage,
    ProtocolError,
)
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.nodesfile import parse_nodes_file
from mpcengine.protocol.result import assemble_result, verify_lists, verify_result
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.statement import (
    Statement,
    build_statement,
    open_values,
    parse_statement,
    pattern_from_names,
    withheld_statement,
)
from tests.protocol.vectors import load, names
from tests.vectors.cast import cast, ed25519
from tests.vectors.job import ANSWERS, answer, job, share_of, sign_statement, statement
from tests.vectors.make_result import edited

VECTORS = load("result")
GOOD = VECTORS["good"][0]
MANIFEST = cast().manifest


def assemble(statements: list[Statement]) -> dict[str, JSON]:
    data = [build_statement(one) for one in statements]
    signatures = [sign_statement(s.index, d) for s, d in zip(statements, data, strict=True)]
    return assemble_result(cast().signed, data, signatures)


def three(**change: Any) -> list[Statement]:
    return [replace(statement(i, job().values, job().verdict), **change) for i in (1, 2, 3)]


def table(result: dict[str, JSON], table_id: str) -> dict[str, JSON]:
    return next(table for table in result["tables"] if table["id"] == table_id)


def test_it_shows_the_file_s_own_counts_in_every_released_cell() -> None:
    result = assemble(three())
    answers = [answer(number) for number in range(ANSWERS)]
    for name in ("sector", "trust"):
        for cell in table(result, name)["cells"]:
            expected = sum(a.get(name) == cell["key"][0] for a in answers)
            assert (cell["count"], cell["status"]) == (expected, "released")
    both = [
        cell for cell in table(result, "sector*trust")["cells"] if cell["count"] is not None
    ]
    assert len(both) == 4
    for cell in both:
        pairs = [[a["sector"], a.get("trust")] for a in answers]
        assert cell["count"] == pairs.count(cell["key"])
    assert result["accepted"] == ANSWERS
    assert result["rejected"] == [{"reason": "cannot be unsealed", "count": 1}]


def test_it_shows_not_shown_as_a_cell_and_hidden_ones_without_number() -> None:
    result = assemble(three())
    cells = {tuple(cell["key"]): cell for cell in table(result, "tools")["cells"]}
    assert list(cells) == [("siem",), ("edr",), ("none",), (None,), ("not_shown",)]
    assert cells["not_shown",]["count"] == 28
    assert cells["none",] == {"key": ["none"], "count": None, "status": "suppressed"}
    ranking = table(result, "priorities")
    assert ranking["status"] == "withheld"
    assert [cell["key"] for cell in ranking["cells"]][:2] == [["people", 1], ["people", 2]]
    assert all(cell["count"] is None for cell in ranking["cells"])


def test_it_orders_tables_as_the_questionnaire_does() -> None:
    ids = [table["id"] for table in assemble(three())["tables"]]
    expected = ["sector", "tools", "incidents", "trust", "priorities", "sector*trust"]
    assert ids == expected


def test_it_gives_exact_quotients() -> None:
    given = [answer(number).get("incidents") for number in range(ANSWERS)]
    numbers = [number for number in given if number is not None]
    assert len(numbers) < ANSWERS
    mean = Fraction(sum(numbers), len(numbers))
    variance = sum((n - mean) ** 2 for n in numbers) / (len(numbers) - 1)
    (entry,) = assemble(three())["statistics"]
    assert entry == {
        "question": "incidents",
        "status": "released",
        "n": len(numbers),
        "mean": {"value": float(mean), "assurance": "checked values, semi-honest selection"},
        "variance": {"value": float(variance), "assurance": "semi-honest"},
    }


def without(*starts: str) -> dict[str, JSON]:
    kept = tuple(name for name in job().values if not name.startswith(starts))
    return assemble(
        [
            replace(one, released=kept, shares={name: one.shares[name] for name in kept})
            for one in three()
        ]
    )


def test_it_hides_a_statistic_that_was_not_opened() -> None:
    result = without("sum/", "squares/")
    (entry,) = result["statistics"]
    assert (entry["status"], entry["n"]) == ("withheld", None)
    assert entry["mean"]["value"] is entry["variance"]["value"] is None
    verify_result(result)


def test_it_shows_a_mean_whose_variance_was_not_opened() -> None:
    (entry,) = without("squares/")["statistics"]
    (whole,) = assemble(three())["statistics"]
    assert entry == {**whole, "variance": {"value": None, "assurance": "semi-honest"}}


def test_it_hides_not_shown_where_the_condition_is_hidden() -> None:
    result = without("cell/sector", "cell/tools", "null/tools")
    assert table(result, "tools")["status"] == "withheld"
    assert table(result, "tools")["cells"][-1] == {
        "key": ["not_shown"],
        "count": None,
        "status": "suppressed",
    }
    verify_result(result)


def test_it_verifies_its_own_results() -> None:
    nodes = parse_nodes_file(VECTORS["nodes"])
    for result in VECTORS["good"]:
        assert verify_result(result, nodes).nodes_checked
        assert not verify_result(result).nodes_checked
    verified = verify_result(json.loads(canonical(GOOD)))
    assert (verified.state, verified.accepted, verified.reason) == ("released", ANSWERS, None)
    assert verified.manifest == MANIFEST.digest


@pytest.mark.parametrize("case", VECTORS["bad"], ids=names(VECTORS["bad"]))
def test_it_refuses_the_bad_results(case: dict[str, Any]) -> None:
    changed = edited(GOOD, case["edits"])
    with pytest.raises(ProtocolError) as caught:
        verify_result(changed)
    assert caught.value.code == case["code"]


def numbers_in(value: JSON, path: list[str | int]) -> list[list[str | int]]:
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in numbers_in(item, [*path, key])]
    if isinstance(value, list):
        return [p for i, item in enumerate(value) for p in numbers_in(item, [*path, i])]
    return [path]


PLACES = [place for place in numbers_in(GOOD, []) if place[0] != "proof"]


def test_it_notices_a_change_anywhere_outside_the_proof() -> None:
    assert len(PLACES) > 150
    for place in PLACES:
        value = "x" if place[-1] != "count" else 1_000
        # Another format is no result at all; everything else departs from what was signed.
        with pytest.raises(MalformedInput if place == ["format"] else MalformedMessage):
            verify_result(edited(GOOD, [{"path": place, "value": value}]))


def test_it_says_where_the_file_departs_from_what_was_signed() -> None:
    path = ["tables", 0, "cells", 1, "count"]
    with pytest.raises(MalformedMessage, match=r"^tables\[0\]\.cells\[1\]\.count does not"):
        verify_result(edited(GOOD, [{"path": path, "value": 19}]))


def test_it_knows_a_node_that_moved_since() -> None:
    nodes = [replace(entry, url="http://127.0.0.1:1") for entry in cast().nodes.nodes]
    assert verify_result(GOOD, replace(cast().nodes, nodes=tuple(nodes))).nodes_checked


def test_it_does_not_take_other_nodes_for_ours() -> None:
    nodes = list(cast().nodes.nodes)
    nodes[0] = replace(nodes[0], identity_key=public_bytes(ed25519("mallory")))
    verify_result(GOOD)
    with pytest.raises(BadSignature):
        verify_result(GOOD, replace(cast().nodes, nodes=tuple(nodes)))


def test_it_refuses_values_that_break_the_release_rules_though_all_three_signed() -> None:
    for name, value in (("cell/sector/0", 4), ("cell/sector/0", 61), ("cell/tools/0", 29)):
        changed = [
            replace(one, shares={**one.shares, name: share_of(name, value, one.index)})
            for one in three()
        ]
        with pytest.raises(DisclosureRefused):
            assemble(changed)
    with pytest.raises(DisclosureRefused) as caught:
        assemble(three(accepted=4, released=(), shares={}))
    assert caught.value.code == "result.accepted"


def test_it_shows_no_number_at_all_when_withheld() -> None:
    withheld = [
        withheld_statement(node=n, manifest=MANIFEST.digest, reason="too few answers")
        for n in ("a", "b", "c")
    ]
    result = assemble(withheld)
    assert result["reason"] == "too few answers"
    assert (result["accepted"], result["rejected"]) == (None, [])
    assert "tables" not in result
    assert "statistics" not in result
    proof = result.pop("proof")
    assert not re.search("[0-9]", json.dumps({**result, "manifest": "", "format": ""}))
    for row in proof["nodes"]:
        said = parse_canonical(base64.b64decode(row["statement"]))
        assert {type(value) for key, value in said.items() if key != "index"}.isdisjoint({int})
        assert said["released"] == said["rejected"] == []
        assert said["shares"] == {}
    assert assemble(withheld[:2])["state"] == assemble(withheld[1:])["state"] == "withheld"
    for too_few in (withheld[:1], []):
        with pytest.raises(MalformedMessage):
            assemble(too_few)
    data = [build_statement(one) for one in withheld]
    with pytest.raises(MalformedMessage, match="needs one signature"):
        assemble_result(cast().signed, data, [])


def ended(reasons: str, roots: tuple[str | None, ...]) -> list[Statement]:
    words = {"n": "node lost", "f": "fewer than min_count"}
    return [
        withheld_statement(node=node, manifest=MANIFEST.digest, reason=words[word], root=root)
        for node, word, root in zip("abc", reasons, roots, strict=True)
    ]


def test_it_lists_every_reason_where_nodes_ended_with_different_ones() -> None:
    three_ended = ended("nfn", (None, None, None))
    result = assemble(three_ended)
    said = "a: node lost; b: fewer than min_count; c: node lost"
    assert result["reason"] == verify_result(result).reason == said
    for one in ("node lost", "fewer than min_count"):
        with pytest.raises(MalformedMessage):
            verify_result({**result, "reason": one})
    assert assemble(three_ended[1:])["reason"] == "b: fewer than min_count; c: node lost"
    assert assemble(three_ended[::2])["reason"] == "node lost"


def test_it_shows_a_root_only_if_all_who_name_one_name_the_same() -> None:
    one, other = (f"sha256:{digit * 64}" for digit in "12")
    cases: list[tuple[tuple[str | None, ...], str | None]] = [
        ((one, one, one), one),
        ((None, one, None), one),
        ((None, None, None), None),
        ((one, other, one), None),
        ((one, None, other), None),
    ]
    for roots, shown in cases:
        result = assemble(ended("nnn", roots))
        assert result["proof"]["root"] == shown
        assert verify_result(result).reason == "node lost"
        result["proof"]["root"] = other
        with pytest.raises(MalformedMessage):
            verify_result(result)


def test_it_refuses_numbers_added_to_a_withheld_result() -> None:
    withheld = VECTORS["good"][1]
    verify_result(withheld)
    for key, value in (("tables", []), ("accepted", 9), ("statistics", []), ("reason", "none")):
        with pytest.raises(MalformedMessage) as caught:
            verify_result({**withheld, key: value})
        assert caught.value.code == "result.differs"


@pytest.mark.parametrize(
    "change",
    [
        {"state": "released"},
        {"accepted": 3},
        {"rejected": (("superseded", 1),)},
        {"released": ("cell/sector/0",), "shares": {"cell/sector/0": 1}},
        {"reason": None},
    ],
)
def test_it_builds_no_withheld_statement_with_a_number(change: dict[str, Any]) -> None:
    withheld = withheld_statement(node="a", manifest=MANIFEST.digest, reason="lost")
    build_statement(withheld)
    with pytest.raises(MalformedMessage):
        build_statement(replace(withheld, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "x"},
        {"root": None},
        {"verdict": None},
        {"accepted": None},
        {"accepted": 0},
        {"rejected": (("superseded", 0),)},
        {"rejected": (("superseded", 1), ("cannot be unsealed", 1))},
        {"released": ()},
        {"released": (*job().values, "cell/sector/0")},
        {"manifest": "sha256:"},
    ],
)
def test_it_builds_no_released_statement_with_a_gap(change: dict[str, Any]) -> None:
    (one, _, _) = three()
    with pytest.raises(MalformedMessage):
        build_statement(replace(one, **change))


def test_it_reads_back_statements_and_refuses_other_forms() -> None:
    for data in job().statements:
        assert build_statement(parse_statement(data)) == data
    document = parse_canonical(job().statements[0])
    changes: list[dict[str, Any]] = [
        {"index": 2},
        {"node": "b"},
        {"state": "pending"},
        {"format": "drempel-statement/2"},
        {"extra": None},
        {"shares": {**document["shares"], "cell/sector/0": str(MODULUS)}},
        {"shares": {**document["shares"], "cell/sector/0": "01"}},
        {"released": [1]},
        {"accepted": 2**53},
    ]
    for change in changes:
        with pytest.raises(MalformedMessage):
            parse_statement(canonical({**document, **change}))


def test_it_opens_values_on_a_line_only() -> None:
    shares = [{"x": share_of("x", 7, i), "y": share_of("y", 0, i)} for i in (1, 2, 3)]
    assert open_values(shares) == {"x": 7, "y": 0}
    for node in range(3):
        changed = [dict(part) for part in shares]
        changed[node]["y"] = (changed[node]["y"] + 1) % MODULUS
        with pytest.raises(InconsistentShares) as caught:
            open_values(changed)
        assert "y" in caught.value.sentence
    for bad in (shares[:2], [*shares[:2], {"x": 1}], [*shares[:2], {"x": 1, "z": 1}]):
        with pytest.raises(InconsistentShares):
            open_values(bad)


def test_it_reads_the_pattern_from_the_released_names() -> None:
    plan = MANIFEST.layout.plan
    assert pattern_from_names(plan, list(job().values)) == job().pattern
    assert not any(any(flags) for flags in pattern_from_names(plan, []).tables.values())
    for bad in (["cell/sector/3"], ["cell/none/0"], ["sum/trust"], ["cell/sector/0"] * 2):
        with pytest.raises(MalformedMessage):
            pattern_from_names(plan, bad)


def test_it_ties_published_lists_to_root_and_verdict() -> None:
    one = parse_statement(job().statements[0])
    verdict = job().verdict
    verify_lists(one, verdict.accepted, verdict.rejected)
    wrong = [
        (verdict.accepted[1:], verdict.rejected, "lists.root"),
        (verdict.accepted, (), "lists.root"),
        (tuple(job().ids), (), "lists.verdict"),
        (
            verdict.accepted[1:],
            (
                *verdict.rejected,
                Rejected(package=verdict.accepted[0], reason="cannot be unsealed"),
            ),
            "lists.verdict",
        ),
    ]
    for accepted, rejected, code in wrong:
        ordered = sorted(rejected, key=lambda entry: entry.package)
        with pytest.raises(MalformedMessage) as caught:
            verify_lists(one, accepted, ordered)
        assert caught.value.code == code
