"""Words, buckets, seeds and component hashes: pure, and the same everywhere."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.protocol import buckets, words
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.identifiers import TYPES, canonicalise
from tests.protocol.vectors import load, refused
from tests.vectors.make_request import MANIFEST_DIGEST

VECTORS = load("words")
U64 = st.integers(0, 2**64 - 1)


def test_it_agrees_with_the_vectors() -> None:
    federation = bytes.fromhex(VECTORS["federation"])
    keys = [bytes.fromhex(key) for key in VECTORS["identity_keys"]]
    assert words.federation_salt(keys) == federation
    for case in VECTORS["words"]:
        assert words.word_key(federation, case["type"]).hex() == case["key"]
        word = words.word_of(federation, canonicalise(case["type"], case["value"]))
        assert word == int(case["word"])
        assert words.move_bits(word) == int(case["moved"])
    assert {case["type"] for case in VECTORS["words"]} == set(TYPES)


def test_it_agrees_with_the_vectors_of_buckets_and_components() -> None:
    case = VECTORS["component"]
    context = bytes.fromhex(case["context"])
    component = words.expand_seed(bytes.fromhex(case["seed"]), context, case["words"])
    assert component.hex() == case["expanded"]
    salt = bytes.fromhex(case["salt"])
    assert words.component_hash(salt, context, component).hex() == case["hash"]
    key = words.bucket_key(bytes.fromhex(VECTORS["bucket"]["nonce"]))
    assert key.hex() == VECTORS["bucket"]["key"]
    found = words.bucket_bytes(key, bytes.fromhex(VECTORS["bucket"]["words"]))
    assert found.hex() == VECTORS["bucket"]["bytes"]
    snapshot = VECTORS["snapshot"]
    listed = [int(word) for word in snapshot["words"]]
    assert words.snapshot_digest(bytes.fromhex(snapshot["salt"]), listed) == snapshot["digest"]


@given(word=U64)
def test_it_moves_each_bit_to_its_reversed_place(word: int) -> None:
    expected = 0
    for significance in range(64):
        position = int(f"{significance:06b}"[::-1], 2)
        expected |= (word >> significance & 1) << position
    assert words.move_bits(word) == expected
    assert words.move_bits(expected) == word


def test_it_gives_each_node_two_components_and_each_component_two_nodes() -> None:
    held = [words.node_components(index) for index in (1, 2, 3)]
    assert held == [(0, 1), (1, 2), (2, 0)]
    for wrong in (0, 4):
        with pytest.raises(MalformedMessage, check=refused("words.index")):
            words.node_components(wrong)


def test_it_names_every_component_apart() -> None:
    named = {"manifest": MANIFEST_DIGEST, "owner": 1, "component": 0, "number": 1, "bucket": 0}
    contexts = [words.component_context(**named)]  # type: ignore[arg-type]
    for key, other in (("owner", 2), ("component", 1), ("number", 2), ("bucket", 256)):
        contexts.append(words.component_context(**{**named, key: other}))  # type: ignore[arg-type]
    seeds = {words.expand_seed(bytes(16), context, 4) for context in contexts}
    assert len(seeds) == len(set(contexts)) == len(contexts)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: words.federation_salt([bytes(32)] * 2), "federation.keys"),
        (lambda: words.federation_salt([bytes(31)] * 3), "federation.keys"),
        (lambda: words.snapshot_digest(bytes(32), [2, 1]), "snapshot.order"),
        (lambda: words.snapshot_digest(bytes(32), [1, 1]), "snapshot.order"),
        (lambda: words.snapshot_digest(bytes(31), [1]), "snapshot.form"),
        (lambda: words.bucket_key(bytes(31)), "nonce.form"),
        (lambda: words.expand_seed(bytes(15), b"", 1), "seed.form"),
        (lambda: words.component_hash(bytes(31), b"", b""), "component.salt"),
    ],
)
def test_it_refuses_other_lengths(call: object, code: str) -> None:
    with pytest.raises(MalformedMessage, check=refused(code)):
        call()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("count", "size"), [(0, 64), (1, 64), (64, 64), (65, 128), (1000, 1024), (1 << 24, 1 << 24)]
)
def test_it_rounds_sizes_up(count: int, size: int) -> None:
    assert buckets.size_class(count) == size
    assert buckets.is_size_class(size)


def test_it_refuses_sizes_that_are_none() -> None:
    for wrong in (-1, (1 << 24) + 1):
        with pytest.raises(MalformedMessage, check=refused("size.range")):
            buckets.size_class(wrong)
    assert not any(buckets.is_size_class(wrong) for wrong in (0, 1, 32, 96, 1 << 25))


@pytest.mark.parametrize(
    ("first", "others", "number"),
    [
        (64, 64, 1),
        (1 << 20, 1 << 20, 1),
        (1 << 24, 1 << 24, 16),
        (1 << 10, 1 << 24, 1),
        (1 << 13, 1 << 24, 8),
        (1 << 21, 64, 1),
    ],
)
def test_it_cuts_large_lists_into_buckets_that_stay_full(
    first: int, others: int, number: int
) -> None:
    assert buckets.usual_buckets(first, others) == number
    assert buckets.fits_buckets(first, others, number)


def test_it_refuses_buckets_that_would_be_too_small_or_too_many() -> None:
    wrong = (0, 3, 4, 512)
    assert not any(buckets.fits_buckets(2048, 1 << 20, number) for number in wrong)
    assert buckets.fits_buckets(2048, 1 << 20, 2)
    with pytest.raises(MalformedMessage, check=refused("buckets.mean")):
        buckets.capacity(1024, 2)
    assert buckets.capacity(1024, 1) == 1024


@pytest.mark.parametrize("exponent", range(10, 24))
def test_it_overflows_less_than_once_in_two_to_the_sixty(exponent: int) -> None:
    mean = 1 << exponent
    capacity = buckets.capacity(2 * mean, 2)
    bound = Decimal(2) ** -buckets.TAIL_BITS
    assert _tail(mean, capacity) <= bound < _tail(mean, capacity - 1)


def _tail(mean: int, capacity: int) -> Decimal:
    """Return Pr[Poisson(mean) > capacity], the first term by Stirling's series."""
    with localcontext() as context:
        context.prec = 50
        pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
        n, rate = Decimal(capacity + 1), Decimal(mean)
        log_factorial = n * n.ln() - n + (2 * pi * n).ln() / 2
        log_factorial += 1 / (12 * n) - 1 / (360 * n**3) + 1 / (1260 * n**5)
        term = (n * rate.ln() - rate - log_factorial).exp()
        total = Decimal(0)
        while term > total * Decimal(10) ** -30:
            total += term
            n += 1
            term = term * rate / n
        return total
