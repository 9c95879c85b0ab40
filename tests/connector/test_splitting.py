"""A list is padded, sorted, shared and sealed; three nodes find in it what the owner put in."""

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.list_files import ListFile
from connector.list_words import (
    WordList,
    Words,
    nothing_held,
    values_find,
    words_fix,
    words_read,
)
from connector.splitting import (
    BucketFull,
    Prepared,
    Splitter,
    bits_moved,
    buckets_of,
    padded,
)
from mpcengine.protocol import words as plain
from mpcengine.protocol.consent import SignedNonce
from mpcengine.protocol.contribution import (
    PartPlace,
    matches_header,
    open_part,
    parse_contribution,
    part_length,
    verify_contribution,
)
from mpcengine.protocol.identifiers import Identifier, canonicalise
from mpcengine.protocol.request_manifest import RequestManifest, build_request_manifest
from tests.vectors.cast import ed25519, p256
from tests.vectors.make_request import list_vector
from tests.vectors.request_cast import OWNERS, nonce, request_manifest, request_terms

HOLDER = 1


def signed_nonce(number: int = 1) -> SignedNonce:
    taken, drawn = nonce(number=number)
    return SignedNonce(number=number, consents=taken, nonce=drawn, signature=bytes(64))


def splitter(manifest: RequestManifest) -> Splitter:
    key = ed25519(OWNERS[HOLDER])
    return Splitter(manifest=manifest, owner=HOLDER, key=key, nonce=signed_nonce())


def large_manifest(buckets: int) -> RequestManifest:
    terms = replace(request_terms(), first_size=8192, other_size=8192, buckets=buckets)
    return build_request_manifest(terms)


def opened(manifest: RequestManifest, prepared: Prepared, bucket: int) -> Words:
    """Return what three nodes hold of a bucket, put together; every hash must match."""
    header = verify_contribution(manifest, prepared.header, prepared.signature)
    place = PartPlace(manifest=manifest.digest, owner=HOLDER, number=1, bucket=bucket)
    capacity = manifest.capacity(HOLDER)
    components: dict[int, Words] = {}
    for index in (1, 2, 3):
        sealed = prepared.part(bucket, index).read_bytes()
        assert len(sealed) == part_length(index, capacity)
        private = p256(f"request share {index}")
        part = open_part(private, place, index=index, capacity=capacity, sealed=sealed)
        assert matches_header(part, header, index=index, bucket=bucket)
        for number, data in zip(plain.node_components(index), part.components, strict=True):
            held = np.frombuffer(data, dtype="<u8")
            assert np.array_equal(components.setdefault(number, held), held)
    first, second, third = components.values()
    found: Words = first ^ second ^ third
    return found


def test_it_makes_the_vector_that_pages_make_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vector = list_vector()
    drawn = [bytes.fromhex(one) for one in vector["drawn"]]
    monkeypatch.setattr("connector.splitting.secrets.token_bytes", lambda _: drawn.pop(0))
    words = np.array([int(word) for word in vector["words"]], dtype=np.uint64)
    salt = bytes.fromhex(vector["salt"])
    listed = WordList(words=words, salt=salt, snapshot=vector["snapshot"])
    prepared = splitter(request_manifest()).prepare(listed, tmp_path)
    made, due = (
        parse_contribution(prepared.header),
        parse_contribution(base64.b64decode(vector["header"])),
    )
    # Sealing draws a key of its own, which nobody can hand in here: hashes of parts differ.
    assert replace(made, parts=due.parts) == due
    assert prepared.slots[0].tolist() == vector["places"]
    for index, sealed in enumerate(vector["parts"], start=1):
        keys = p256(f"request share {index}")
        place = PartPlace(manifest=made.manifest, owner=HOLDER, number=1, bucket=0)
        part = open_part(
            keys, place, index=index, capacity=128, sealed=base64.b64decode(sealed)
        )
        assert matches_header(part, made, index=index, bucket=0)


@pytest.mark.parametrize("count", [0, 1, 127, 128])
def test_three_nodes_hold_the_padded_sorted_list(tmp_path: Path, count: int) -> None:
    manifest = request_manifest()
    real = np.arange(count, dtype=np.uint64) * np.uint64(2**57 + 1)
    prepared = splitter(manifest).prepare(words_fix(real), tmp_path)
    whole = opened(manifest, prepared, 0)
    listed = bits_moved(whole[:-1])
    assert int(whole[-1]) == count
    assert len(listed) == 128
    assert bool(np.all(listed[:-1] < listed[1:]))
    assert np.array_equal(listed[prepared.slots[0]], real)


@pytest.mark.parametrize("buckets", [1, 2, 8])
def test_every_word_lies_in_its_bucket(tmp_path: Path, buckets: int) -> None:
    manifest = large_manifest(buckets)
    generator = np.random.default_rng(7)
    real = np.unique(generator.integers(0, 2**63, 6000).astype(np.uint64))
    prepared = splitter(manifest).prepare(words_fix(real), tmp_path)
    key = plain.bucket_key(signed_nonce().nonce)
    total = 0
    for bucket in range(buckets):
        whole = opened(manifest, prepared, bucket)
        assert len(whole) == manifest.capacity(HOLDER) + 1
        mine = bits_moved(whole[:-1])[prepared.slots[bucket]]
        assert np.array_equal(mine, prepared.real[bucket])
        if buckets > 1:
            chosen = plain.bucket_bytes(key, mine.astype("<u8").tobytes())
            assert {byte & (buckets - 1) for byte in chosen} == {bucket}
        total += int(whole[-1])
    assert total == len(real)


def test_a_list_that_does_not_fit_is_refused_whole(tmp_path: Path) -> None:
    manifest = request_manifest()
    real = np.arange(129, dtype=np.uint64)
    with pytest.raises(BucketFull):
        splitter(manifest).prepare(words_fix(real), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_has_the_sizes_of_a_consent(tmp_path: Path) -> None:
    manifest = request_manifest()
    (tmp_path / "yes").mkdir()
    (tmp_path / "no").mkdir()
    held = words_fix(np.arange(100, dtype=np.uint64))
    yes = splitter(manifest).prepare(held, tmp_path / "yes")
    no = splitter(manifest).prepare(nothing_held(), tmp_path / "no")
    assert len(yes.header) == len(no.header)
    for index in (1, 2, 3):
        assert yes.part(0, index).stat().st_size == no.part(0, index).stat().st_size


def test_splitting_twice_shares_nothing(tmp_path: Path) -> None:
    manifest = request_manifest()
    same = words_fix(np.arange(100, dtype=np.uint64))
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        place.mkdir()
    first, second = (splitter(manifest).prepare(same, place) for place in places)
    for index in (1, 2, 3):
        assert first.part(0, index).read_bytes() != second.part(0, index).read_bytes()


@given(words=st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=50))
def test_arrays_do_what_single_words_do(words: list[int]) -> None:
    array = np.array(words, dtype=np.uint64)
    assert bits_moved(array).tolist() == [plain.move_bits(word) for word in words]
    key = plain.bucket_key(bytes(32))
    joined = array.astype("<u8").tobytes()
    assert buckets_of(bytes(32), array).tobytes() == plain.bucket_bytes(key, joined)


@given(
    real=st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=40),
    spare=st.integers(0, 40),
)
def test_padding_keeps_every_word_and_adds_different_ones(real: list[int], spare: int) -> None:
    listed = padded(np.array(sorted(real), dtype=np.uint64), len(real) + spare)
    assert len(set(listed.tolist())) == len(listed) == len(real) + spare
    assert set(real) <= set(listed.tolist())
    assert listed.tolist() == sorted(listed.tolist())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.sampled_from(["a.example", "B.example", "c.example", "?"])))
def test_words_of_a_file_are_those_of_its_different_values(
    tmp_path: Path, lines: list[str]
) -> None:
    path = tmp_path / "list.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    source = ListFile(path=path, identifiers=("domain",))
    federation = request_manifest().federation
    read = words_read(source, federation)
    held = {canonicalise("domain", line) for line in lines if line != "?"}
    assert read.words.tolist() == sorted(plain.word_of(federation, one) for one in held)
    assert read.snapshot == plain.snapshot_digest(read.salt, read.words.tolist())
    found = values_find(source, federation, read.words)
    assert {one for one, _ in found.values()} == held
    rows = sorted(row for _, rows in found.values() for row in rows)
    assert rows == [place for place, line in enumerate(lines, start=1) if line != "?"]


def test_a_word_depends_on_the_type(tmp_path: Path) -> None:
    federation = request_manifest().federation
    kinds = ("filename", "mutex", "opaque")
    assert len({plain.word_of(federation, Identifier(kind, "x")) for kind in kinds}) == 3
    path = tmp_path / "list.txt"
    path.write_text("filename,x\nmutex,x\n", encoding="utf-8")
    source = ListFile(path=path, identifiers=("filename", "mutex"))
    assert len(words_read(source, federation).words) == 2
