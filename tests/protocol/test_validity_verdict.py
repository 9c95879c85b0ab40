"""Anybody can go from published coin and values to the verdict; nothing else is taken."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from mpcengine.protocol.batch import (
    CANNOT_UNSEAL,
    SUPERSEDED,
    Rejected,
    Verdict,
    batch_root,
    join_verdicts,
    strike_invalid,
    verdict_digest,
)
from mpcengine.protocol.canonical import digest
from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import LABEL_COIN, LABEL_LINES, LABEL_TOSS, sign
from mpcengine.protocol.statement import RELEASED, Statement
from mpcengine.protocol.validity_check import coin_weights, evaluate
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
    lines_digest,
    tosses_digest,
)
from mpcengine.protocol.validity_verdict import (
    PublishedChecks,
    SignedLines,
    unsealing_verdict,
    verify_checks,
)
from tests.protocol.made_reports import report_of, shares_of
from tests.vectors.cast import cast, seed
from tests.vectors.job import answer

MANIFEST = cast().manifest
PLAN = MANIFEST.layout.proof
IDS = tuple(sorted(hashlib.sha256(bytes((n,))).hexdigest() for n in range(9)))
GONE, OLD = IDS[:1], IDS[1:2]
CHECKED = IDS[2:]
ROOT = batch_root(MANIFEST.digest, sorted([*GONE, *CHECKED]))
BEFORE = join_verdicts(sorted([*GONE, *CHECKED]), OLD, [GONE, (), ()])
REASONS = ("not bits", "constraint", "inconsistent", None, None, None, None)
AFTER = strike_invalid(BEFORE, REASONS)


def commitment(index: int) -> str:
    made = seed(f"coin {index}")
    return toss_commitment(
        manifest=MANIFEST.digest, root=ROOT, round_number=1, index=index, seed=made
    )


@cache
def transcript() -> bytes:
    common: dict[str, Any] = {"manifest": MANIFEST.digest, "root": ROOT, "round": 1}
    tosses = [
        build_toss(Toss(**common, node=node, commitment=commitment(index)))
        for index, node in enumerate(NODE_NAMES, start=1)
    ]
    held, rows = tosses_digest(tosses), []
    for index, (node, toss) in enumerate(zip(NODE_NAMES, tosses, strict=True), start=1):
        made = seed(f"coin {index}")
        coin = build_coin(CoinSeed(**common, node=node, seed=made, tosses=held))
        key = cast().identity[index - 1]
        rows.append(
            SignedToss(
                toss=toss,
                toss_signature=sign(key, LABEL_TOSS, toss),
                coin=coin,
                coin_signature=sign(key, LABEL_COIN, coin),
            )
        )
    return build_transcript(manifest=MANIFEST.digest, root=ROOT, round_number=1, signed=rows)


def coin() -> bytes:
    return joint_coin(
        manifest=MANIFEST.digest,
        root=ROOT,
        round_number=1,
        commitments=[commitment(index) for index in (1, 2, 3)],
        seeds=[seed(f"coin {index}") for index in (1, 2, 3)],
    )


@cache
def values() -> tuple[list[int], list[int], list[int]]:
    """Return three nodes' values: three crooked reports, then four honest ones."""
    weights = coin_weights(PLAN, coin())
    opened: tuple[list[int], list[int], list[int]] = ([], [], [])
    for place in range(len(CHECKED)):
        record = encode_answers(MANIFEST.layout, answer(place))
        report = report_of(PLAN, record, f"report {place}")
        if REASONS[place] == "not bits":
            report[PLAN.words - 1] += 1
        if REASONS[place] == "constraint":
            report = report_of(PLAN, [1] * PLAN.width, f"report {place}")
        shares = shares_of(report, f"report {place}")
        if REASONS[place] == "inconsistent":
            shares[1][0] += 1
        for node, share in zip(opened, shares, strict=True):
            node.extend(evaluate(weights, share))
    return opened


def signed_lines(index: int, said: list[int], **changes: object) -> SignedLines:
    message = Lines(
        manifest=MANIFEST.digest,
        node=NODE_NAMES[index - 1],
        root=ROOT,
        coin=digest(transcript()),
        verdict=verdict_digest(MANIFEST.digest, BEFORE),
        count=len(CHECKED),
        opened=PLAN.opened,
        values=pack_vector(said),
    )
    body = build_lines(replace(message, **changes))  # type: ignore[arg-type]
    signature = sign(cast().identity[index - 1], LABEL_LINES, body)
    return SignedLines(body=body, signature=signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a node publishes, and the statement that goes with it."""

    published: PublishedChecks
    verdict: Verdict = AFTER
    coin: str | None = None
    lines: str | None = None

    def verify(self) -> None:
        bodies = [one.body for one in self.published.lines]
        statement = Statement(
            node="a",
            manifest=MANIFEST.digest,
            state=RELEASED,
            reason=None,
            root=ROOT,
            verdict=verdict_digest(MANIFEST.digest, self.verdict),
            coin=self.coin or digest(self.published.transcript),
            lines=self.lines or lines_digest(bodies),
            accepted=len(self.verdict.accepted),
            rejected=self.verdict.totals(),
            released=(),
            shares={},
        )
        verify_checks(
            MANIFEST,
            statement,
            accepted=self.verdict.accepted,
            rejected=self.verdict.rejected,
            published=self.published,
        )


def honest(**changes: object) -> Case:
    first, second, third = (
        signed_lines(index, said, **changes) for index, said in enumerate(values(), start=1)
    )
    return Case(
        published=PublishedChecks(transcript=transcript(), lines=(first, second, third))
    )


def with_lines(index: int, one: SignedLines) -> Case:
    case = honest()
    lines = list(case.published.lines)
    lines[index - 1] = one
    first, second, third = lines
    return replace(case, published=replace(case.published, lines=(first, second, third)))


def moved() -> SignedLines:
    said = list(values()[2])
    said[-1] += 1
    return signed_lines(3, said)


def forgiven() -> Verdict:
    """Return a verdict that counts one of the crooked reports."""
    return strike_invalid(BEFORE, (None, *REASONS[1:]))


def unsigned() -> SignedLines:
    return replace(moved(), signature=bytes(64))


def other_coin() -> Case:
    case = honest()
    text = transcript().replace(seed("coin 1").hex().encode(), seed("else").hex().encode())
    return replace(case, published=replace(case.published, transcript=text + b" "))


BAD: list[tuple[str, str, Callable[[], Case]]] = [
    ("a crook is counted", "checks.verdict", lambda: replace(honest(), verdict=forgiven())),
    (
        "an honest answer is struck",
        "checks.verdict",
        lambda: replace(honest(), verdict=strike_invalid(BEFORE, (*REASONS[:6], "not bits"))),
    ),
    ("one value was moved", "checks.verdict", lambda: with_lines(3, moved())),
    ("values nobody signed", "signature.invalid", lambda: with_lines(3, unsigned())),
    ("values other than stated", "checks.lines", lambda: replace(honest(), lines=ROOT)),
    ("a coin other than stated", "checks.coin", lambda: replace(honest(), coin=ROOT)),
    ("a coin that is no transcript", "json.canonical", other_coin),
    ("under another coin", "checks.terms", lambda: honest(coin=ROOT)),
    ("of another verdict", "checks.terms", lambda: honest(verdict=ROOT)),
    (
        "one node speaks of another batch",
        "lines.terms",
        lambda: with_lines(2, signed_lines(2, values()[1], root=digest(b"another"))),
    ),
]


def test_it_finds_the_verdict_that_was_signed() -> None:
    assert [one.reason for one in AFTER.rejected if one.package in CHECKED] == [*REASONS[:3]]
    honest().verify()


@pytest.mark.parametrize(("name", "code", "case"), BAD, ids=[name for name, _, _ in BAD])
def test_it_takes_nothing_else(name: str, code: str, case: Callable[[], Case]) -> None:
    with pytest.raises(ProtocolError) as caught:
        case().verify()
    assert caught.value.code == code, name


def test_it_goes_back_to_the_verdict_of_unsealing() -> None:
    assert unsealing_verdict(AFTER) == BEFORE
    reasons = {CANNOT_UNSEAL: GONE, SUPERSEDED: OLD}
    expected = [Rejected(package=ids[0], reason=why) for why, ids in reasons.items()]
    assert list(BEFORE.rejected) == sorted(expected, key=lambda one: one.package)
