"""What nodes say about a coin and under it has one form, and a transcript proves its coin."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.errors import BadSignature, MalformedMessage, ProtocolError
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import LABEL_COIN, LABEL_TOSS, public_bytes, sign
from mpcengine.protocol.strict import to_base64
from mpcengine.protocol.validity_coin import joint_coin, toss_commitment
from mpcengine.protocol.validity_messages import (
    CoinSeed,
    Lines,
    SignedToss,
    Toss,
    build_coin,
    build_lines,
    build_toss,
    build_transcript,
    check_same_terms,
    lines_digest,
    open_transcript,
    parse_coin,
    parse_lines,
    parse_toss,
    tosses_digest,
)
from tests.protocol.vectors import refused
from tests.vectors.cast import ed25519, seed

MANIFEST, ROOT, COIN, VERDICT, OTHER = ("sha256:" + digit * 64 for digit in "12345")
KEYS = [ed25519(f"identity {node}") for node in NODE_NAMES]
IDENTITIES = [public_bytes(key) for key in KEYS]
SEEDS = [seed(f"coin {node}") for node in NODE_NAMES]
VALUES = pack_vector([0, 1, MODULUS - 1, 5, 6, 7])


def commitment(place: int, round_number: int = 1) -> str:
    return toss_commitment(
        manifest=MANIFEST,
        root=ROOT,
        round_number=round_number,
        index=place + 1,
        seed=SEEDS[place],
    )


def toss(place: int, **changes: Any) -> Toss:
    made = Toss(
        manifest=MANIFEST,
        node=NODE_NAMES[place],
        root=ROOT,
        round=1,
        commitment=commitment(place),
    )
    return replace(made, **changes)


def coin(place: int, **changes: Any) -> CoinSeed:
    made = CoinSeed(
        manifest=MANIFEST,
        node=NODE_NAMES[place],
        root=ROOT,
        round=1,
        seed=SEEDS[place],
        tosses=tosses_digest([build_toss(toss(p)) for p in range(3)]),
    )
    return replace(made, **changes)


def lines(node: str = "a", **changes: Any) -> Lines:
    made = Lines(
        manifest=MANIFEST,
        node=node,
        root=ROOT,
        coin=COIN,
        verdict=VERDICT,
        count=2,
        opened=3,
        values=VALUES,
    )
    return replace(made, **changes)


def signed(tosses: list[Toss], coins: list[CoinSeed]) -> list[SignedToss]:
    return [
        SignedToss(
            toss=build_toss(one),
            toss_signature=sign(key, LABEL_TOSS, build_toss(one)),
            coin=build_coin(other),
            coin_signature=sign(key, LABEL_COIN, build_coin(other)),
        )
        for one, other, key in zip(tosses, coins, KEYS, strict=True)
    ]


def transcript(rows: list[SignedToss] | None = None, **changes: Any) -> bytes:
    everybody = range(3)
    honest = signed([toss(p) for p in everybody], [coin(p) for p in everybody])
    terms = {"manifest": MANIFEST, "root": ROOT, "round_number": 1, **changes}
    return build_transcript(signed=rows or honest, **terms)


def opened(data: bytes, identities: list[bytes] | None = None) -> bytes:
    keys = IDENTITIES if identities is None else identities
    return open_transcript(data, manifest=MANIFEST, root=ROOT, identity_keys=keys)


FORMS: list[tuple[bytes, Callable[[bytes], Any], Any]] = [
    (build_toss(toss(0)), parse_toss, toss(0)),
    (build_coin(coin(1, round=4)), parse_coin, coin(1, round=4)),
    (build_lines(lines("c")), parse_lines, lines("c")),
    (build_lines(lines(count=0, values=b"")), parse_lines, lines(count=0, values=b"")),
]


@pytest.mark.parametrize(("data", "parse", "message"), FORMS)
def test_it_reads_what_it_wrote(
    data: bytes, parse: Callable[[bytes], Any], message: Any
) -> None:
    assert parse(data) == message


@pytest.mark.parametrize(("data", "parse"), [form[:2] for form in FORMS])
def test_it_refuses_every_other_form(data: bytes, parse: Callable[[bytes], Any]) -> None:
    whole = json.loads(data)
    wrongs = [{k: v for k, v in whole.items() if k != key} for key in whole]
    values: list[Any] = [None, -1, "x", True, []]
    wrongs += [{**whole, key: value} for key in whole for value in values]
    wrongs.append({**whole, "extra": 1})
    for wrong in wrongs:
        with pytest.raises(MalformedMessage):
            parse(canonical(wrong))
    for cut in (data[:-1], data + b" ", data.replace(b":", b": ", 1), b""):
        with pytest.raises(MalformedMessage):
            parse(cut)


@pytest.mark.parametrize("number", [0, 5, 1.5, "1"])
def test_it_knows_four_rounds(number: Any) -> None:
    for data, parse in ((build_toss(toss(0)), parse_toss), (build_coin(coin(0)), parse_coin)):
        with pytest.raises(MalformedMessage, check=refused("json.value")):
            parse(canonical({**json.loads(data), "round": number}))


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("vector.length", VALUES[:-8]),
        ("vector.length", VALUES[:-1]),
        ("vector.length", VALUES + bytes(8)),
        ("vector.range", VALUES[:-8] + MODULUS.to_bytes(8, "little")),
    ],
)
def test_it_refuses_values_of_another_number_or_outside_the_field(
    code: str, values: bytes
) -> None:
    wrong = {**json.loads(build_lines(lines())), "values": to_base64(values)}
    with pytest.raises(MalformedMessage, check=refused(code)):
        parse_lines(canonical(wrong))


def test_it_compares_what_three_nodes_speak_of() -> None:
    said = [lines(node) for node in NODE_NAMES]
    check_same_terms(said)
    terms: dict[str, Any] = dict.fromkeys(("manifest", "root", "coin", "verdict"), OTHER)
    for name, value in {**terms, "count": 3, "opened": 2}.items():
        for place in range(3):
            wrong = list(said)
            wrong[place] = replace(said[place], **{name: value})
            with pytest.raises(MalformedMessage, check=refused("lines.terms")):
                check_same_terms(wrong)
    for order in (said[:2], said[::-1], [said[0], said[0], said[2]], [*said, said[0]]):
        with pytest.raises(MalformedMessage, check=refused("lines.terms")):
            check_same_terms(order)


def test_it_sees_different_openings_to_different_peers() -> None:
    bodies = [build_lines(lines(node)) for node in NODE_NAMES]
    other = [*bodies[:2], build_lines(lines("c", values=VALUES[::-1][:40] + bytes(8)))]
    assert lines_digest(bodies) != lines_digest(other)
    assert lines_digest(bodies) != lines_digest(bodies[::-1])
    with pytest.raises(MalformedMessage, check=refused("lines.terms")):
        lines_digest(bodies[:2])


def test_it_opens_the_transcript_to_the_joint_coin() -> None:
    expected = joint_coin(
        manifest=MANIFEST,
        root=ROOT,
        round_number=1,
        commitments=[commitment(place) for place in range(3)],
        seeds=SEEDS,
    )
    assert opened(transcript()) == expected


@pytest.mark.parametrize("place", range(3))
def test_it_refuses_a_transcript_that_is_not_signed_by_three(place: int) -> None:
    keys = list(IDENTITIES)
    keys[place] = public_bytes(ed25519("a stranger"))
    with pytest.raises(BadSignature):
        opened(transcript(), keys)
    whole = json.loads(transcript())
    for stage in ("toss", "coin"):
        other = whole["nodes"][(place + 1) % 3][f"{stage}_signature"]
        rows = [dict(row) for row in whole["nodes"]]
        rows[place][f"{stage}_signature"] = other
        with pytest.raises(BadSignature):
            opened(canonical({**whole, "nodes": rows}))


def change(place: int, stage: str, **changes: Any) -> bytes:
    """Return a transcript with one part changed, whose coins know of it."""
    tosses = [toss(p) for p in range(3)]
    if stage == "toss":
        tosses[place] = toss(place, **changes)
    held = tosses_digest([build_toss(one) for one in tosses])
    coins = [coin(p, tosses=held) for p in range(3)]
    if stage == "coin":
        coins[place] = coin(place, **changes)
    return transcript(signed(tosses, coins))


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("stage", ["toss", "coin"])
def test_it_refuses_a_part_of_another_batch_round_or_node(place: int, stage: str) -> None:
    for changes in (
        {"manifest": OTHER},
        {"root": OTHER},
        {"round": 2},
        {"node": NODE_NAMES[(place + 1) % 3]},
    ):
        with pytest.raises(MalformedMessage, check=refused("coin.terms")):
            opened(change(place, stage, **changes))


def test_it_refuses_a_seed_not_committed_to_although_signed() -> None:
    with pytest.raises(MalformedMessage, check=refused("coin.commitment")):
        opened(change(1, "coin", seed=bytes(32)))
    with pytest.raises(MalformedMessage, check=refused("coin.commitment")):
        opened(change(1, "toss", commitment=OTHER))


@pytest.mark.parametrize("place", range(3))
def test_it_refuses_a_seed_shown_to_other_commitments(place: int) -> None:
    """A node that commits twice, and opens each rightly: no transcript holds both coins."""
    with pytest.raises(MalformedMessage, check=refused("coin.tosses")):
        opened(change(place, "coin", tosses=OTHER))
    second = toss(place, commitment=OTHER)
    tosses = [second if p == place else toss(p) for p in range(3)]
    with pytest.raises(MalformedMessage, check=refused("coin.tosses")):
        opened(transcript(signed(tosses, [coin(p) for p in range(3)])))


@pytest.mark.parametrize("changes", [{"manifest": OTHER}, {"root": OTHER}, {"round_number": 2}])
def test_it_refuses_a_transcript_of_another_batch(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage, check=refused("coin.terms")):
        opened(transcript(**changes))


def test_it_refuses_every_truncation_and_two_rows() -> None:
    data = transcript()
    for length in range(0, len(data), 37):
        with pytest.raises(ProtocolError):
            opened(data[:length])
    whole = json.loads(data)
    for rows in (
        whole["nodes"][:2],
        [*whole["nodes"], whole["nodes"][0]],
        whole["nodes"][::-1],
    ):
        with pytest.raises(ProtocolError):
            opened(canonical({**whole, "nodes": rows}))
