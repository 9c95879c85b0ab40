"""One coin a batch: committed to, then revealed, bound to the root, and never a second one."""

import hashlib

import pytest

from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.validity_coin import (
    check_toss_allowed,
    coin_factors,
    coin_point,
    joint_coin,
    keep_first,
    toss_commitment,
)
from tests.protocol.vectors import refused

MANIFEST, ROOT, OTHER = ("sha256:" + digit * 64 for digit in "123")
SEEDS = [hashlib.sha256(b"seed %d" % index).digest() for index in (1, 2, 3)]


def commitments(seeds: list[bytes], *, round_number: int = 1, root: str = ROOT) -> list[str]:
    return [
        toss_commitment(
            manifest=MANIFEST, root=root, round_number=round_number, index=index, seed=seed
        )
        for index, seed in enumerate(seeds, start=1)
    ]


def coin_of(seeds: list[bytes], *, round_number: int = 1, root: str = ROOT) -> bytes:
    return joint_coin(
        manifest=MANIFEST,
        root=root,
        round_number=round_number,
        commitments=commitments(seeds, round_number=round_number, root=root),
        seeds=seeds,
    )


def test_it_depends_on_every_seed_the_root_and_the_round() -> None:
    coins = {coin_of(SEEDS)}
    for place in range(3):
        changed = list(SEEDS)
        changed[place] = bytes(32)
        coins.add(coin_of(changed))
    coins |= {coin_of(SEEDS, round_number=2), coin_of(SEEDS, root=OTHER)}
    coins.add(coin_of([SEEDS[1], SEEDS[0], SEEDS[2]]))
    assert len(coins) == 7
    assert coin_of(SEEDS) == coin_of(list(SEEDS))


def test_it_refuses_a_seed_that_was_not_committed_to() -> None:
    said = commitments(SEEDS)
    for place in range(3):
        late = list(SEEDS)
        late[place] = hashlib.sha256(b"a better seed").digest()
        with pytest.raises(MalformedMessage, check=refused("coin.commitment")):
            joint_coin(
                manifest=MANIFEST, root=ROOT, round_number=1, commitments=said, seeds=late
            )


def test_it_refuses_a_peers_commitment_and_seed_repeated() -> None:
    """The index is inside: whoever repeats what another said commits to nothing."""
    first = commitments(SEEDS)[0]
    with pytest.raises(MalformedMessage, check=refused("coin.commitment")):
        joint_coin(
            manifest=MANIFEST,
            root=ROOT,
            round_number=1,
            commitments=[first, first, commitments(SEEDS)[2]],
            seeds=[SEEDS[0], SEEDS[0], SEEDS[2]],
        )


@pytest.mark.parametrize("missing", range(3))
def test_it_needs_three_nodes(missing: int) -> None:
    seeds = [seed for place, seed in enumerate(SEEDS) if place != missing]
    with pytest.raises(MalformedMessage, check=refused("coin.nodes")):
        joint_coin(
            manifest=MANIFEST,
            root=ROOT,
            round_number=1,
            commitments=commitments(SEEDS)[:2],
            seeds=seeds,
        )


@pytest.mark.parametrize(
    ("round_number", "index", "seed", "code"),
    [
        (0, 1, SEEDS[0], "coin.rounds"),
        (5, 1, SEEDS[0], "coin.rounds"),
        (1, 0, SEEDS[0], "coin.index"),
        (1, 4, SEEDS[0], "coin.index"),
        (1, 1, SEEDS[0][1:], "codec.length"),
        (1, 1, SEEDS[0] + b"\0", "codec.length"),
    ],
)
def test_it_commits_within_its_limits(
    round_number: int, index: int, seed: bytes, code: str
) -> None:
    with pytest.raises(MalformedMessage, check=refused(code)):
        toss_commitment(
            manifest=MANIFEST, root=ROOT, round_number=round_number, index=index, seed=seed
        )


def test_it_never_draws_a_forbidden_point() -> None:
    coins = [hashlib.sha256(b"coin %d" % place).digest() for place in range(400)]
    drawn = [coin_point(coin, 4, modulus=7) for coin in coins]
    assert set(drawn) == {4, 5, 6}
    assert max(drawn.count(point) for point in (4, 5, 6)) < 180
    assert all(502 <= coin_point(coin, 502) < MODULUS for coin in coins)


def test_it_draws_every_factor_by_itself() -> None:
    coin = coin_of(SEEDS)
    factors = coin_factors(coin, 300)
    assert len(set(factors)) == 300
    assert factors[:10] == coin_factors(coin, 10)
    assert coin_point(coin, 4) not in factors
    assert set(coin_factors(coin, 300, modulus=5)) == set(range(5))
    assert all(0 <= factor < MODULUS for factor in factors)


def test_it_takes_a_coin_of_32_bytes_and_a_field_with_room() -> None:
    for wrong in (b"", bytes(31), bytes(33)):
        with pytest.raises(MalformedMessage, check=refused("coin.length")):
            coin_point(wrong, 4)
    with pytest.raises(MalformedMessage, check=refused("coin.range")):
        coin_point(bytes(32), 7, modulus=7)


def test_it_keeps_the_first_bytes_for_ever() -> None:
    assert keep_first(None, b"one") == b"one"
    assert keep_first(b"one", b"one") == b"one"
    for other in (b"two", b"", b"one "):
        with pytest.raises(MalformedMessage, check=refused("coin.second")):
            keep_first(b"one", other)
    with pytest.raises(MalformedMessage, check=refused("coin.second")):
        keep_first(b"", b"one")


def test_it_tosses_again_only_before_there_is_a_coin() -> None:
    for round_number in (1, 2, 3, 4):
        check_toss_allowed(round_number, transcript=None, lines=None)
        for held in ((b"t", None), (None, b"l"), (b"t", b"l")):
            with pytest.raises(MalformedMessage, check=refused("coin.exists")):
                check_toss_allowed(round_number, transcript=held[0], lines=held[1])
    with pytest.raises(MalformedMessage, check=refused("coin.rounds")):
        check_toss_allowed(5, transcript=None, lines=None)
