"""Three nodes that hold almost the same packages agree on one batch, root and verdict."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.protocol.batch import (
    CANNOT_UNSEAL,
    CONSTRAINT,
    INCONSISTENT,
    NOT_BITS,
    REJECTION_REASONS,
    SUPERSEDED,
    Entry,
    Rejected,
    Verdict,
    batch_root,
    check_list,
    choose_revisions,
    held_batch,
    join_verdicts,
    list_commitment,
    pack_ids,
    strike_invalid,
    union_ids,
    unpack_ids,
    verdict_digest,
)
from mpcengine.protocol.errors import MalformedMessage
from tests.protocol.vectors import load

VECTORS = load("batch")
DIGEST = VECTORS["manifest"]
OTHER = "sha256:" + "00" * 32
IDS = VECTORS["list"]["ids"]
SALT = bytes.fromhex(VECTORS["list"]["salt"])
id_sets = st.frozensets(st.sampled_from(IDS))


def entry(package: str, key: int, revision: int) -> Entry:
    return Entry(package=package, one_time_key=bytes((key,)), revision=revision)


def test_it_agrees_with_the_vectors() -> None:
    listed, verdict = VECTORS["list"], VECTORS["verdict"]
    assert list_commitment(DIGEST, SALT, IDS) == listed["commitment"]
    counted, superseded = choose_revisions(
        Entry(
            package=row["package"],
            one_time_key=bytes.fromhex(row["one_time_key"]),
            revision=row["revision"],
        )
        for row in VECTORS["revisions"]["entries"]
    )
    assert list(counted) == VECTORS["revisions"]["counted"]
    assert list(superseded) == VECTORS["revisions"]["superseded"]
    assert batch_root(DIGEST, counted) == VECTORS["root"]
    joint = join_verdicts(counted, superseded, verdict["cannot_unseal"])
    assert list(joint.accepted) == verdict["accepted"]
    assert [{"id": r.package, "reason": r.reason} for r in joint.rejected] == verdict[
        "rejected"
    ]
    assert verdict_digest(DIGEST, joint) == verdict["digest"]


@pytest.mark.parametrize("case", VECTORS["bad_lists"])
def test_it_takes_no_list_in_another_form(case: dict[str, Any]) -> None:
    for function in (pack_ids, lambda ids: batch_root(DIGEST, ids)):
        with pytest.raises(MalformedMessage) as caught:
            function(case["ids"])
        assert caught.value.code == case["code"]


@given(id_sets)
def test_it_packs_and_unpacks_lists(ids: frozenset[str]) -> None:
    assert unpack_ids(pack_ids(sorted(ids))) == tuple(sorted(ids))


@pytest.mark.parametrize("data", [bytes(31), bytes(33), bytes(64), b"\x02" * 32 + b"\x01" * 32])
def test_it_unpacks_no_list_cut_short_repeated_or_unsorted(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        unpack_ids(data)


def test_it_binds_a_commitment_to_survey_salt_and_every_id() -> None:
    commitment = list_commitment(DIGEST, SALT, IDS)
    check_list(commitment, DIGEST, SALT, IDS)
    for manifest, salt, ids in (
        (OTHER, SALT, IDS),
        (DIGEST, bytes(32), IDS),
        (DIGEST, SALT, IDS[1:]),
    ):
        with pytest.raises(MalformedMessage) as caught:
            check_list(commitment, manifest, salt, ids)
        assert caught.value.code == "list.commitment"
    with pytest.raises(MalformedMessage):
        list_commitment(DIGEST, SALT[:-1], IDS)


def test_it_never_gives_one_digest_two_meanings() -> None:
    verdict = Verdict(accepted=tuple(IDS), rejected=())
    digests = {
        batch_root(DIGEST, IDS),
        batch_root(OTHER, IDS),
        batch_root(DIGEST, IDS[1:]),
        list_commitment(DIGEST, bytes(32), IDS),
        verdict_digest(DIGEST, verdict),
    }
    assert len(digests) == 5


@given(st.tuples(id_sets, id_sets, id_sets))
def test_it_counts_an_id_that_two_nodes_hold(held: tuple[frozenset[str], ...]) -> None:
    batch = held_batch(held)
    for package in union_ids(held):
        holders = sum(package in ids for ids in held)
        assert (package in batch.ids) == (holders >= 2)
        assert (package in batch.struck) == (holders < 2)
    assert list(batch.ids) == sorted(batch.ids)
    assert held_batch(held[::-1]) == batch


def test_it_asks_three_nodes_what_they_hold() -> None:
    with pytest.raises(MalformedMessage):
        held_batch([{IDS[0]}, {IDS[0]}])


def test_it_counts_the_highest_revision_and_the_smallest_id_of_a_tie() -> None:
    counted, superseded = choose_revisions(
        [
            entry(IDS[0], 1, 0),
            entry(IDS[2], 1, 3),
            entry(IDS[1], 1, 3),
            entry(IDS[3], 2, 7),
            entry(IDS[4], 3, 0),
        ]
    )
    assert counted == (IDS[1], IDS[3], IDS[4])
    assert superseded == (IDS[0], IDS[2])


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 7)), max_size=len(IDS)),
    st.randoms(use_true_random=False),
)
def test_it_chooses_alike_in_any_order_one_package_a_key(
    rows: list[tuple[int, int]], shuffler: Any
) -> None:
    entries = [entry(IDS[place], key, revision) for place, (key, revision) in enumerate(rows)]
    counted, superseded = choose_revisions(entries)
    shuffler.shuffle(entries)
    assert choose_revisions(entries) == (counted, superseded)
    assert sorted((*counted, *superseded)) == sorted(e.package for e in entries)
    kept = {e.one_time_key: e for e in entries if e.package in counted}
    assert len(kept) == len(counted) == len({e.one_time_key for e in entries})
    assert all(e.revision <= kept[e.one_time_key].revision for e in entries)


def test_it_refuses_a_package_that_stands_twice() -> None:
    with pytest.raises(MalformedMessage):
        choose_revisions([entry(IDS[0], 1, 0), entry(IDS[0], 1, 0)])


def test_it_joins_verdicts_and_says_why_each_package_is_out() -> None:
    verdict = join_verdicts(IDS[1:], IDS[:1], [IDS[2:3], IDS[2:4], ()])
    assert verdict.accepted == (IDS[1], IDS[4], IDS[5])
    assert verdict.rejected == (
        Rejected(package=IDS[0], reason=SUPERSEDED),
        Rejected(package=IDS[2], reason=CANNOT_UNSEAL),
        Rejected(package=IDS[3], reason=CANNOT_UNSEAL),
    )
    assert verdict.inconsistent == 2
    assert verdict.totals() == ((CANNOT_UNSEAL, 2), (SUPERSEDED, 1))
    assert join_verdicts(IDS, (), [(), (), ()]).totals() == ()


def test_it_strikes_what_a_proof_fails_in_and_counts_what_a_node_could_cause() -> None:
    unsealed = join_verdicts(IDS[1:], IDS[:1], [IDS[2:3], (), ()])
    assert unsealed.accepted == (IDS[1], IDS[3], IDS[4], IDS[5])
    verdict = strike_invalid(unsealed, [NOT_BITS, None, INCONSISTENT, CONSTRAINT])
    assert verdict.accepted == (IDS[3],)
    assert [(one.package, one.reason) for one in verdict.rejected] == [
        (IDS[0], SUPERSEDED),
        (IDS[1], NOT_BITS),
        (IDS[2], CANNOT_UNSEAL),
        (IDS[4], INCONSISTENT),
        (IDS[5], CONSTRAINT),
    ]
    assert verdict.inconsistent == 2
    assert [reason for reason, _ in verdict.totals()] == sorted(REJECTION_REASONS)
    assert strike_invalid(unsealed, [None] * 4) == unsealed


@pytest.mark.parametrize("reasons", [[], [None] * 3, [None] * 5, [None] * 3 + [SUPERSEDED]])
def test_it_strikes_for_one_known_reason_a_package(reasons: list[str | None]) -> None:
    unsealed = join_verdicts(IDS[1:], IDS[:1], [IDS[2:3], (), ()])
    with pytest.raises(MalformedMessage) as refused:
        strike_invalid(unsealed, reasons)
    assert refused.value.code == "verdict.reasons"


def test_it_takes_a_verdict_on_the_batch_only_and_from_three_nodes() -> None:
    for verdicts in ([IDS[:1], (), ()], [(), ()]):
        with pytest.raises(MalformedMessage):
            join_verdicts(IDS[1:], (), verdicts)


def test_it_gives_another_digest_for_another_reason_or_side() -> None:
    first = Rejected(package=IDS[0], reason=SUPERSEDED)
    digests = {
        verdict_digest(DIGEST, Verdict(accepted=tuple(accepted), rejected=rejected))
        for accepted, rejected in (
            (IDS[1:], (first,)),
            (IDS[1:], (Rejected(package=IDS[0], reason=CANNOT_UNSEAL),)),
            (IDS, ()),
            (IDS[1:], ()),
        )
    }
    assert len(digests) == 4
