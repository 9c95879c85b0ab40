"""Published lists are padded alike by three nodes, and by nobody who lacks a seed."""

import hashlib
import itertools

import pytest

from mpcengine.protocol.batch import batch_root
from mpcengine.protocol.errors import BadSignature, MalformedMessage
from mpcengine.protocol.padding import (
    dummy_id,
    padded_ids,
    padding_seed,
    seen_body,
    verify_seen,
)
from mpcengine.protocol.signing import LABEL_SEEN, sign
from mpcengine.protocol.stage_names import stage_label
from mpcengine.protocol.stages import Pad, build_pad, parse_pad
from tests.people import ANNA, BRAM
from tests.protocol.vectors import load

DIGEST = "sha256:" + "a1" * 32
SEEDS = (bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32)
IDS = tuple(sorted(hashlib.sha256(bytes([n])).hexdigest() for n in range(5)))


def plain_dummy(place: int) -> str:
    """Write the formulas of docs/protocol.md §10.7 out by hand."""
    seed = hashlib.sha256(
        b"drempel/padding-seed/1\x00" + bytes.fromhex("a1" * 32) + b"".join(SEEDS)
    ).digest()
    body = b"drempel/padding/1\x00" + seed + place.to_bytes(4, "big")
    return hashlib.sha256(body).hexdigest()


def test_it_makes_the_dummies_of_the_specification() -> None:
    seed = padding_seed(DIGEST, SEEDS)
    assert [dummy_id(seed, n) for n in range(3)] == [plain_dummy(n) for n in range(3)]


@pytest.mark.parametrize("real", [0, 1, 4, 5])
def test_it_has_the_rosters_size_whatever_came(real: int) -> None:
    seed = padding_seed(DIGEST, SEEDS)
    padded = padded_ids(IDS[:real], 5, seed)
    assert len(padded) == 5
    assert list(padded) == sorted(padded)
    assert set(padded) - set(IDS) == {plain_dummy(n) for n in range(5 - real)}


def test_a_root_beside_a_padded_list_would_tell_the_number() -> None:
    """Say why a withheld statement has no root: few entries are soon tried."""
    padded = padded_ids(IDS[:3], 9, padding_seed(DIGEST, SEEDS))
    root = batch_root(DIGEST, IDS[:3])
    tried = (ids for size in range(10) for ids in itertools.combinations(padded, size))
    assert next(ids for ids in tried if batch_root(DIGEST, ids) == root) == IDS[:3]


def test_it_is_never_shorter_than_what_came() -> None:
    assert padded_ids(IDS, 3, padding_seed(DIGEST, SEEDS)) == IDS


def test_it_gives_other_dummies_if_one_seed_or_the_survey_differs() -> None:
    seed = padding_seed(DIGEST, SEEDS)
    other = padding_seed(DIGEST, (*SEEDS[:2], bytes(32)))
    elsewhere = padding_seed("sha256:" + "b2" * 32, SEEDS)
    lists = [set(padded_ids(IDS, 9, one)) - set(IDS) for one in (seed, other, elsewhere)]
    assert set.intersection(lists[0], lists[1]) == set()
    assert set.intersection(lists[0], lists[2]) == set()


@pytest.mark.parametrize("seeds", [SEEDS[:2], (*SEEDS[:2], bytes(31)), (*SEEDS, bytes(32))])
def test_it_takes_three_whole_seeds(seeds: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedMessage, match="three seeds"):
        padding_seed(DIGEST, seeds)


def test_it_agrees_with_the_vectors() -> None:
    vectors = load("batch")
    digest, padding = vectors["manifest"], vectors["padding"]
    seed = padding_seed(digest, [bytes.fromhex(one) for one in padding["seeds"]])
    assert seed.hex() == padding["seed"]
    assert [dummy_id(seed, n) for n in range(3)] == padding["dummies"]
    assert list(padded_ids(padding["ids"], len(padding["padded"]), seed)) == padding["padded"]
    assert seen_body(digest, padding["padded"]).hex() == padding["signed"]


def test_it_signs_every_id_of_the_list_for_one_survey() -> None:
    signature = sign(ANNA.signing_key, LABEL_SEEN, seen_body(DIGEST, IDS))
    verify_seen(ANNA.public_key, DIGEST, IDS, signature)
    for key, digest, ids in (
        (BRAM.public_key, DIGEST, IDS),
        (ANNA.public_key, "sha256:" + "b2" * 32, IDS),
        (ANNA.public_key, DIGEST, IDS[1:]),
        (ANNA.public_key, DIGEST, (*IDS, "f" * 64)),
    ):
        with pytest.raises(BadSignature):
            verify_seen(key, digest, ids, signature)
    with pytest.raises(MalformedMessage):
        verify_seen(ANNA.public_key, DIGEST, IDS[::-1], signature)


def test_it_reads_a_seed_message_and_nothing_like_it() -> None:
    message = Pad(manifest=DIGEST, node="b", seed=SEEDS[1])
    data = build_pad(message)
    assert parse_pad(data) == message
    assert stage_label("pad") == b"drempel/pad/1"
    for wrong in (
        data[:-1],
        data + b" ",
        data.replace(b"drempel-pad/1", b"drempel-pad/2"),
        data.replace(b"02" * 32, b"02" * 31),
        data.replace(b'"node":"b"', b'"node":"d"'),
    ):
        with pytest.raises(MalformedMessage):
            parse_pad(wrong)
    with pytest.raises(MalformedMessage):
        stage_label("pad/1")
