"""Nothing is computed unless every field of the hello agrees; the one that differs is named.

Checked by hand: with ``check_hello`` returning at once, every test here fails (the parties
compute, or the victim waits).
"""

from pathlib import Path
from typing import Any

import pytest

from mpcengine.party.code_digest import code_digest
from mpcengine.party.failure import PartyFailure
from mpcengine.party.hello import check_hello, make_hello
from mpcengine.protocol.canonical import canonical
from tests.party.evil import Evil
from tests.party.harness import BATCH_ROOT, OTHER_JOB, Trio

FIELDS: dict[str, Any] = {
    "format": "drempel-party-hello/2",
    "job": OTHER_JOB,
    "attempt": 2,
    "round": 2,
    "code": "0" * 64,
    "python": "3.11.0",
    "numpy": "1.0",
    "numba": "0.1",
    "mpyc": "0.12",
    "root": OTHER_JOB,
    "survey": OTHER_JOB,
    "pattern": OTHER_JOB,
    "texts": OTHER_JOB,
    "rows": 1,
    "width": 2,
    "accepted": 1,
    "min_count": 4,
    "security_bits": 30,
}


def test_it_compares_every_field_and_names_it(trio: Trio) -> None:
    own = make_hello(trio.specs[1])
    assert set(own) == {*FIELDS, "index"}
    check_hello(own, 2, canonical({**own, "index": 2}))
    for field, value in FIELDS.items():
        assert value != own[field]
        changed = canonical({**own, "index": 2, field: value})
        missing = canonical({k: v for k, v in {**own, "index": 2}.items() if k != field})
        for body in (changed, missing):
            with pytest.raises(PartyFailure) as caught:
                check_hello(own, 2, body)
            assert caught.value.failure.cause == "digest_mismatch"
            assert caught.value.failure.detail == field


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": 1}', b"\xff"])
def test_it_refuses_what_is_no_hello(trio: Trio, body: bytes) -> None:
    own = make_hello(trio.specs[1])
    with pytest.raises(PartyFailure):
        check_hello(own, 2, body)


def test_it_refuses_a_field_it_does_not_know(trio: Trio) -> None:
    own = make_hello(trio.specs[1])
    with pytest.raises(PartyFailure) as caught:
        check_hello(own, 2, canonical({**own, "index": 2, "more": 1}))
    assert caught.value.failure.detail == "unknown field"


@pytest.mark.parametrize("field", ["job", "code", "mpyc"])
def test_it_ends_a_real_party_by_the_name_of_the_field(trio: Trio, field: str) -> None:
    """M8, against a process: the victim says which field, before it sends a pair key."""
    trio.start(1, "product")
    line = Evil(trio, 2).answer()
    line.hello(**{field: FIELDS[field]})
    assert line.is_closed()
    ending = trio.parties[1].finish()
    assert ending.failure is not None
    assert (ending.failure.cause, ending.failure.peer) == ("digest_mismatch", 2)
    assert ending.failure.detail == field


@pytest.mark.parametrize("change", [{"root": OTHER_JOB}])
def test_it_ends_three_real_parties_that_were_told_different_things(
    trio: Trio, change: dict[str, Any]
) -> None:
    assert BATCH_ROOT != OTHER_JOB
    for index in (1, 2, 3):
        # Who comes too late finds a peer gone, and says so at the connect limit.
        trio.change(index, connect_seconds=10.0)
    trio.change(3, **change)
    trio.start_all("product")
    failures = [ending.failure for ending in trio.finish_all().values() if ending.failure]
    assert len(failures) == 3
    mismatches = [f for f in failures if f.cause == "digest_mismatch"]
    assert mismatches
    assert {f.detail for f in mismatches} == set(change)


def test_it_digests_every_source_of_the_engine(tmp_path: Path) -> None:
    for room in ("circuits", "kernels", "party", "protocol"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "a.py").write_text("1")
    before = code_digest(tmp_path)
    assert code_digest(tmp_path) == before
    for room in ("circuits", "kernels", "party", "protocol"):
        (tmp_path / room / "a.py").write_text("2")
        after = code_digest(tmp_path)
        assert after != before
        before = after
    (tmp_path / "party" / "a.py").rename(tmp_path / "party" / "b.py")
    assert code_digest(tmp_path) != before
