"""Every stage message has one form and is read back as it was written; nothing else is read."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from mpcengine.protocol import stages
from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.errors import InconsistentShares, MalformedMessage
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.released import open_pattern
from mpcengine.protocol.sharing import split
from mpcengine.protocol.stage_names import stage_label
from tests.vectors.cast import cast, seed

DIGEST = cast().manifest.digest
OTHER = "sha256:" + "11" * 32
HEAD: dict[str, Any] = {"manifest": DIGEST, "node": "b"}
IDS = tuple(sorted(seed(f"package {n}").hex() for n in range(4)))
ATTEMPT: dict[str, Any] = {"round": 2, "attempt": 3}
READY: dict[str, Any] = {
    **ATTEMPT,
    "party_host": "127.0.0.1",
    "party_port": 40001,
    "pin": OTHER,
}
MESSAGES: dict[str, Any] = {
    "commit": stages.Commit(**HEAD, commitment=OTHER),
    "list": stages.IdList(**HEAD, salt=bytes(range(32)), ids=IDS),
    "held": stages.Ids(**HEAD, ids=IDS),
    "root": stages.Root(**HEAD, root=OTHER, size=4, superseded=1),
    "verdict": stages.Ids(**HEAD, ids=()),
    "checked": stages.Checked(**HEAD, verdict=OTHER, accepted=4, coin=OTHER, lines=OTHER),
    "ready": stages.Ready(**HEAD, **READY),
    "done": stages.Done(**HEAD, **ATTEMPT),
    "pattern": stages.PatternShares(**HEAD, round=1, shares=(0, 1, MODULUS - 1)),
    "opening": stages.Opening(**HEAD, shares={"cell/a/0": 5, "sum/n": MODULUS - 1}),
}
BAD: list[tuple[str, str, Any]] = [
    ("commit", "commitment", "00" * 32),
    ("commit", "node", "d"),
    ("commit", "manifest", "x"),
    ("list", "salt", "00" * 31),
    ("list", "salt", "AB" * 32),
    ("list", "ids", "AAAA"),
    ("list", "ids", "not base64"),
    ("held", "ids", []),
    ("root", "size", -1),
    ("root", "size", "4"),
    ("root", "superseded", True),
    ("checked", "accepted", 1.5),
    ("ready", "round", 9),
    ("ready", "attempt", 0),
    ("ready", "party_port", 65536),
    ("ready", "party_host", "a b"),
    ("ready", "party_host", ""),
    ("ready", "pin", ""),
    ("done", "round", 0),
    ("pattern", "shares", ["01"]),
    ("pattern", "shares", [1]),
    ("pattern", "shares", [str(MODULUS)]),
    ("pattern", "shares", "0"),
    ("opening", "shares", {"cell/a/0": str(MODULUS)}),
    ("opening", "shares", {"cell/a/0": 5}),
    ("opening", "shares", ["5"]),
]


def build(stage: str, message: Any) -> bytes:
    function: Callable[[Any], bytes] = getattr(stages, f"build_{stage}")
    return function(message)


def parse(stage: str, data: bytes) -> Any:
    return getattr(stages, f"parse_{stage}")(data)


@pytest.mark.parametrize("stage", MESSAGES)
def test_it_reads_back_what_it_built(stage: str) -> None:
    data = build(stage, MESSAGES[stage])
    assert parse(stage, data) == MESSAGES[stage]
    assert build(stage, parse(stage, data)) == data


@pytest.mark.parametrize("stage", MESSAGES)
def test_it_refuses_unknown_missing_and_loose_messages(stage: str) -> None:
    data = build(stage, MESSAGES[stage])
    document = json.loads(data)
    for changed in (
        {**document, "extra": 1},
        {key: value for key, value in document.items() if key != "node"},
        {**document, "format": f"drempel-{stage}/2"},
        [document],
    ):
        with pytest.raises(MalformedMessage):
            parse(stage, canonical(changed))
    with pytest.raises(MalformedMessage):
        parse(stage, json.dumps(document).encode())


@pytest.mark.parametrize("stage", MESSAGES)
def test_it_never_takes_one_stage_for_another(stage: str) -> None:
    data = build(stage, MESSAGES[stage])
    for other in MESSAGES:
        if other != stage:
            with pytest.raises(MalformedMessage):
                parse(other, data)


@pytest.mark.parametrize(("stage", "key", "value"), BAD)
def test_it_refuses_a_value_of_another_form(stage: str, key: str, value: Any) -> None:
    document = json.loads(build(stage, MESSAGES[stage]))
    assert key in document
    with pytest.raises(MalformedMessage):
        parse(stage, canonical({**document, key: value}))


def test_it_names_the_path_of_what_is_wrong() -> None:
    document = json.loads(build("ready", MESSAGES["ready"]))
    with pytest.raises(MalformedMessage, match="party_port must be a whole number"):
        parse("ready", canonical({**document, "party_port": 0}))


def test_it_gives_each_stage_its_own_label() -> None:
    named = ["commit", "list", "held", "root", "verdict", "checked", "opening"]
    labels = [stage_label(s) for s in (*named, "ready/1/1", "done/1/1", "pattern/1")]
    assert len(set(labels)) == len(MESSAGES)
    assert stage_label("ready/2/15") == b"drempel/ready/1"


@pytest.mark.parametrize(
    "stage",
    ["", "ready", "ready/1", "ready/1/2/3", "root/1", "pattern/0", "ready/1/01", "Root"],
)
def test_it_knows_no_other_stage(stage: str) -> None:
    with pytest.raises(MalformedMessage):
        stage_label(stage)


def test_it_opens_a_pattern_of_bits_on_lines_only() -> None:
    bits, slopes = [0, 1, 1, 0], [5, MODULUS - 1, 0, 77]
    shares = split(bits, slopes)
    assert open_pattern(shares) == tuple(bits)
    shares[1][2] = (shares[1][2] + 1) % MODULUS
    with pytest.raises(InconsistentShares):
        open_pattern(shares)
    for values in ([2, 0], [MODULUS - 1, 0]):
        with pytest.raises(InconsistentShares):
            open_pattern(split(values, [3, 4]))
    with pytest.raises(InconsistentShares):
        open_pattern([[0], [0], [0, 0]])
    with pytest.raises(InconsistentShares):
        open_pattern([[0], [0]])
