"""What a party process computes, says and leaves behind when nobody attacks it."""

import subprocess
import sys

import pytest

from mpcengine.party import isolated, session
from mpcengine.party.failure import PartyFailure
from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.errors import InconsistentShares
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.partywire import EXIT_BAD_SPEC, EXIT_NAMED, EXIT_OTHER
from mpcengine.protocol.sharing import recombine
from tests.party.harness import ROOT, Trio
from tests.party.survey_run import opened


def test_it_multiplies_what_three_parties_deal(trio: Trio) -> None:
    trio.start_all("product")
    endings = trio.finish_all()
    assert opened(endings, "pattern") == [6, 6000]
    for ending in endings.values():
        assert ending.stderr == b""
        assert ending.header is not None
        assert ending.header.figures["rounds"] == 3
        assert ending.header.figures["peak_rss_mb"] < 400


def test_it_compares_as_mpycs_own_secure_integers_do(trio: Trio) -> None:
    trio.start_all("compare")
    endings = trio.finish_all()
    ours = opened(endings, "pattern")
    assert ours == [int(value >= 0) for value in range(-12, 13)]
    for ending in endings.values():
        assert ending.arrays["counts"] == ours


def test_it_serves_mpycs_arrays_through_the_closed_codec(trio: Trio) -> None:
    trio.start_all("arrays")
    endings = trio.finish_all()
    assert [ending.arrays for ending in endings.values()] == [{"pattern": [0, 1]}] * 3


def test_it_gives_each_pair_a_stream_of_its_own_and_new_ones_each_attempt() -> None:
    """Corrections B1: nothing of one attempt serves another.

    Fails only without both walls: keys drawn anew in each process, and attempt, round and
    pair in the derivation.
    """
    seen: set[int] = set()
    for attempt in (1, 2):
        trio = Trio.make(attempt=attempt)
        try:
            trio.start_all("streams")
            endings = trio.finish_all()
        finally:
            trio.close()
        one, two, three = (endings[index].arrays for index in (1, 2, 3))
        assert one["pattern"] == two["pattern"]
        assert one["counts"] == three["pattern"]
        assert two["counts"] == three["counts"]
        streams = [one["pattern"], one["counts"], two["counts"]]
        streams += [arrays["squares"] for arrays in (one, two, three)]
        seen |= {value for stream in streams for value in stream}
    assert len(seen) == 2 * 6 * 4


def test_it_reads_rows_in_chunks_and_sums_them() -> None:
    rows, width = 60_000, 20
    trio = Trio.make(rows=rows, width=width, accepted=rows)
    row = [MODULUS - 1 - place for place in range(width)]
    try:
        for index in (1, 2, 3):
            trio.start(index, "table", rows=pack_vector(row) * rows)
        for ending in trio.finish_all().values():
            assert ending.arrays["counts"] == [value * rows % MODULUS for value in row]
            assert ending.header is not None
            assert ending.header.figures["peak_rss_mb"] < 400
    finally:
        trio.close()


def test_it_catches_a_wrong_share_of_a_masked_value_inside(trio: Trio) -> None:
    """M9, M10: shares must lie on one line. Fails without the check in ``reveal_under``."""
    trio.start_all("lie")
    endings = trio.finish_all()
    causes = [ending.failure.cause for ending in endings.values() if ending.failure]
    assert [ending.code for ending in endings.values()] == [EXIT_NAMED] * 3
    assert "bad_share" in causes
    assert set(causes) <= {"bad_share", "peer_lost"}


def test_it_hands_out_shares_that_show_a_wrong_one(trio: Trio) -> None:
    """M9, M10: the caller, who holds three shares, sees that one is wrong."""
    trio.start_all("wrong")
    endings = trio.finish_all()
    shares = [endings[index].arrays["pattern"] for index in (1, 2, 3)]
    with pytest.raises(InconsistentShares):
        recombine(shares[0], shares[1], shares[2])
    right = [(value - 1) % MODULUS for value in shares[2]]
    assert recombine(shares[0], shares[1], right) == [6, 6000]


def test_it_says_nothing_secret_when_it_fails(trio: Trio) -> None:
    trio.start_all("crash")
    for ending in trio.finish_all().values():
        assert ending.failure is not None
        assert b"123456789" not in ending.stderr
        assert ending.stderr.count(b"\n") == 1
    assert any(party.process.returncode == EXIT_OTHER for party in trio.parties.values())


def test_it_opens_one_session_a_process(trio: Trio) -> None:
    """M11. Fails (a second runtime with running counters) without ``_used``."""
    trio.start_all("twice")
    details = [e.failure.detail for e in trio.finish_all().values() if e.failure]
    assert "a party process serves one attempt only" in details


def test_it_refuses_a_spec_it_cannot_read() -> None:
    for spec in (b"", b"\x05\x00\x00\x00{}", b"\x02\x00\x00\x00{}", b"\xff\xff\xff\xff"):
        done = subprocess.run(
            [sys.executable, "-m", "mpcengine.party"],
            input=spec,
            capture_output=True,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == EXIT_BAD_SPEC
        assert done.stdout == b""
        assert done.stderr.startswith(b'{"cause":"bad_spec"')


@pytest.mark.parametrize("point", ["party.connected", "party.before_outcome"])
def test_it_kills_itself_where_a_recovery_test_asks(trio: Trio, point: str) -> None:
    trio.change(2, fault=point)
    trio.start_all("product")
    endings = trio.finish_all()
    assert endings[2].code == -9
    if point == "party.connected":
        assert {endings[1].code, endings[3].code} == {EXIT_NAMED}


@pytest.mark.slow
def test_it_exchanges_vectors_of_more_than_one_frame(trio: Trio) -> None:
    trio.start_all("large")
    endings = trio.finish_all()
    count = 2**22 + 5
    assert endings[1].arrays["pattern"] == [2 * count, 3 * count]


def test_it_runs_mpyc_with_forty_bits_or_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """M12. Fails if the options keep MPyC's default of 30."""
    assert isolated.options().sec_param >= 40
    weak = isolated.options()
    weak.sec_param = 30
    monkeypatch.setattr(isolated, "options", lambda: weak)
    with pytest.raises(PartyFailure, match="40 bits"):
        isolated.check_security(isolated.options())


def test_it_ends_named_causes_with_their_exit_code() -> None:
    assert PartyFailure("peer_lost", peer=1, detail="x").exit_code == EXIT_NAMED
    assert PartyFailure("internal", detail="x").exit_code == EXIT_OTHER
    assert session._named(InconsistentShares("a.b", "c")).failure.cause == "bad_share"
