"""A request's result follows from three statements, or is refused."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.errors import (
    BadSignature,
    DisclosureRefused,
    InconsistentShares,
    MalformedInput,
    MalformedMessage,
    ProtocolError,
)
from mpcengine.protocol.nodesfile import NodeEntry, NodesFile
from mpcengine.protocol.request_result import (
    assemble_request_result,
    verify_request_result,
)
from mpcengine.protocol.request_statement import (
    RequestStatement,
    SharedValue,
    build_request_statement,
    open_request_values,
    parse_request_statement,
    withheld_request,
)
from tests.protocol.vectors import refused
from tests.vectors.request_cast import (
    request_manifest,
    sign_request_manifest,
    sign_statements,
    statements,
)

MATCH = {"organisations": 4, "indicators": 20}
ROWS = [
    {"value": "192.0.2.7", "organisations": 3, "status": "released"},
    {"value": "a.example", "organisations": 4, "status": "released"},
]


def result(
    kind: str = "match",
    values: dict[str, int | None] | None = None,
    own: list[Any] | None = None,
    **more: Any,
) -> Any:
    made = statements(kind, MATCH if values is None else values, **more)
    data, signatures = sign_statements(made)
    signed = sign_request_manifest(request_manifest(kind))
    return assemble_request_result(signed, data, signatures, per_indicator=own)


def nodes_file() -> NodesFile:
    return NodesFile(
        nodes=tuple(
            NodeEntry(
                node=node.node,
                index=node.index,
                name=node.name,
                url=node.url,
                identity_key=node.identity_key,
                pin=None,
            )
            for node in request_manifest().nodes
        )
    )


def test_a_match_shows_counts_and_hides_others() -> None:
    document = result(values={"organisations": 4, "indicators": None}, own=ROWS)
    assert document["match"] == {
        "assurance": "semi-honest",
        "organisations": {"count": 4, "status": "released"},
        "indicators": {"count": None, "status": "suppressed"},
        "per_indicator": ROWS,
    }
    assert (document["accepted"], document["rejected"]) == (4, [])
    found = verify_request_result(document, nodes_file())
    assert (found.state, found.accepted, found.nodes_checked) == ("released", 4, True)
    assert not verify_request_result(json.loads(json.dumps(document))).nodes_checked


def test_a_comparison_shows_overlap_and_union() -> None:
    document = result("compare", {"intersection": 12, "union": 70})
    assert document["compare"]["union"] == {"count": 70, "status": "released"}
    assert verify_request_result(document).accepted == 2


def test_an_excluded_list_is_counted_and_not_named() -> None:
    document = result(
        values={"organisations": 3, "indicators": None}, lists=[0, 1, 2, 4], excluded=[3]
    )
    assert document["accepted"] == 3
    assert document["rejected"] == [{"reason": "not usable", "count": 1}]
    verify_request_result(document)


def withheld(count: int, reasons: tuple[str, ...] = ("too few lists",) * 3) -> Any:
    digest = request_manifest().digest
    made = [
        withheld_request(node=node, manifest=digest, reason=reason)
        for node, reason in zip("abc"[:count], reasons, strict=False)
    ]
    data, signatures = sign_statements(made)
    return assemble_request_result(sign_request_manifest(request_manifest()), data, signatures)


def test_a_withheld_result_has_no_number() -> None:
    document = withheld(3)
    assert document["accepted"] is None
    assert "match" not in document
    assert verify_request_result(document).reason == "too few lists"
    assert verify_request_result(withheld(2)).state == "withheld"
    assert withheld(2, ("one", "two"))["reason"] == "a: one; b: two"
    with pytest.raises(MalformedMessage, check=refused("result.statements")):
        withheld(1)


Change = Callable[[Any], None]


def edits() -> list[tuple[str, Change]]:
    def put(*path: Any) -> Change:
        *way, last, value = path

        def change(document: Any) -> None:
            for step in way:
                document = document[step]
            document[last] = value

        return change

    return [
        ("result.differs", put("accepted", 5)),
        ("result.differs", put("accepted", True)),
        ("result.differs", put("reason", "why not")),
        ("result.differs", put("rejected", [{"reason": "not usable", "count": 1}])),
        ("result.differs", put("match", "organisations", "count", 3)),
        ("result.differs", put("match", "indicators", {"count": None, "status": "suppressed"})),
        ("result.differs", put("match", "assurance", "checked")),
        ("result.differs", put("proof", "root", "sha256:" + "00" * 32)),
        ("result.differs", put("manifest", "sha256:" + "00" * 32)),
        ("result.differs", put("compare", {})),
        ("json.value", put("match", "per_indicator", 0, "organisations", 2)),
        ("json.value", put("match", "per_indicator", 0, "organisations", 5)),
        ("json.value", put("match", "per_indicator", 1, "value", "192.0.2.7")),
        ("json.value", put("match", "per_indicator", 0, "value", "z.example")),
        ("json.value", put("match", "per_indicator", 0, "status", "suppressed")),
        ("json.value", put("match", "per_indicator", ROWS * 11)),
        ("json.unknown_key", put("match", "spy", 1)),
        ("json.unknown_key", put("tables", [])),
        ("json.value", put("kind", "survey")),
        ("signature.invalid", put("proof", "nodes", 0, "signature", "A" * 86 + "==")),
    ]


@pytest.mark.parametrize(("code", "change"), edits())
def test_it_names_what_was_changed(code: str, change: Change) -> None:
    document = copy.deepcopy(result(own=ROWS))
    change(document)
    with pytest.raises(ProtocolError, check=refused(code)):
        verify_request_result(document)


def test_indicators_are_nobodys_where_organisations_are_hidden() -> None:
    document = result(values={"organisations": None, "indicators": None}, own=ROWS[:1])
    with pytest.raises(MalformedInput, check=refused("json.value")):
        verify_request_result(document)


def test_other_nodes_are_noticed_with_a_nodes_file() -> None:
    nodes = nodes_file()
    stranger = replace(nodes.nodes[0], identity_key=bytes(32))
    with pytest.raises(BadSignature, check=refused("manifest.nodes")):
        verify_request_result(result(), NodesFile(nodes=(stranger, *nodes.nodes[1:])))


@pytest.mark.parametrize(
    ("kind", "values", "more", "code"),
    [
        ("match", {"organisations": 2, "indicators": None}, {}, "recheck.organisations"),
        ("match", {"organisations": 5, "indicators": None}, {}, "recheck.organisations"),
        ("match", {"organisations": 4, "indicators": 4}, {}, "recheck.indicators"),
        ("match", {"organisations": 4, "indicators": 60}, {}, "recheck.indicators"),
        ("match", {"organisations": None, "indicators": 20}, {}, "recheck.indicators"),
        ("match", MATCH, {"lists": [0, 1, 2]}, "result.lists"),
        ("match", MATCH, {"lists": [1, 2, 3, 4]}, "result.lists"),
        ("match", MATCH, {"lists": [0, 1, 2, 9]}, "result.lists"),
        ("compare", {"intersection": 9, "union": None}, {}, "recheck.intersection"),
        ("compare", {"intersection": 55, "union": None}, {}, "recheck.intersection"),
        ("compare", {"intersection": None, "union": 70}, {}, "recheck.union"),
        ("compare", {"intersection": 12, "union": None}, {"lists": [0]}, "result.lists"),
    ],
)
def test_a_value_that_breaks_a_rule_makes_no_result(
    kind: str, values: dict[str, int | None], more: dict[str, Any], code: str
) -> None:
    with pytest.raises(DisclosureRefused, check=refused(code)):
        result(kind, values, **more)


def changed_value(node: int, name: str, **parts: tuple[int, int]) -> list[RequestStatement]:
    made = statements("match", MATCH)
    values = dict(made[node].values)
    values[name] = replace(values[name], **parts)
    made[node] = replace(made[node], values=values)
    return made


@pytest.mark.parametrize("node", [0, 1, 2])
@pytest.mark.parametrize("part", ["shown", "value"])
@pytest.mark.parametrize("which", [0, 1])
def test_a_node_that_changes_one_copy_is_noticed(node: int, part: str, which: int) -> None:
    before = statements("match", MATCH)[node].values["organisations"]
    words = list(getattr(before, part))
    words[which] ^= 1
    made = changed_value(node, "organisations", **{part: (words[0], words[1])})
    with pytest.raises(InconsistentShares, check=refused("statement.components")):
        open_request_values("match", [one.values for one in made])


def test_a_hidden_value_is_zero_and_a_verdict_is_a_bit() -> None:
    for shown, value in ((0, 5), (2, 5)):
        shares = [
            {name: SharedValue(shown=pair[0], value=pair[1]) for name in MATCH}
            for pair in (((shown, 0), (value, 0)), ((0, 0), (0, 0)), ((0, shown), (0, value)))
        ]
        with pytest.raises(DisclosureRefused, check=refused("statement.value")):
            open_request_values("match", shares)
    with pytest.raises(InconsistentShares, check=refused("statement.components")):
        open_request_values("compare", [one.values for one in statements("match", MATCH)])


@pytest.mark.parametrize(
    "changes",
    [
        {"lists": [1, 0]},
        {"lists": [0, 0]},
        {"lists": [True]},
        {"lists": [256]},
        {"excluded": [0]},
        {"reason": "x"},
        {"index": 2},
        {"values": {"union": {"shown": ["0"], "value": ["0", "0"]}}},
        {"values": {"union": {"shown": ["0", "00"], "value": ["0", "0"]}}},
        {"values": {"union": {"shown": ["0", "0"], "value": ["0", str(2**64)]}}},
        {"values": {"median": {"shown": ["0", "0"], "value": ["0", "0"]}}},
        {"state": "withheld"},
    ],
)
def test_a_statement_is_read_strictly(changes: dict[str, Any]) -> None:
    data = build_request_statement(statements("match", MATCH)[0])
    with pytest.raises(MalformedMessage):
        parse_request_statement(canonical({**json.loads(data), **changes}))


def test_statements_that_differ_make_no_result() -> None:
    made = statements("match", MATCH)
    made[2] = replace(made[2], root="sha256:" + "00" * 32)
    data, signatures = sign_statements(made)
    signed = sign_request_manifest(request_manifest())
    with pytest.raises(MalformedMessage, check=refused("result.agreement")):
        assemble_request_result(signed, data, signatures)
    with pytest.raises(MalformedMessage, check=refused("result.statements")):
        assemble_request_result(signed, data, signatures[:2])
    other = statements("compare", {"intersection": 12, "union": None})
    data, signatures = sign_statements(other)
    with pytest.raises(MalformedMessage, check=refused("result.manifest")):
        assemble_request_result(signed, data, signatures)
