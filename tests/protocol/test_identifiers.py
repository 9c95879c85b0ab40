"""Every type has one canonical form, written down in vectors; what has none is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers import LONGEST_VALUE, TYPES, canonicalise
from tests.protocol.vectors import load, refused

VECTORS = load("canonicalisers")


def test_it_has_vectors_of_every_type() -> None:
    for part in ("good", "bad"):
        assert {case["type"] for case in VECTORS[part]} == set(TYPES)


@pytest.mark.parametrize(
    "case", VECTORS["good"], ids=lambda case: f"{case['type']} {case['text']}"
)
def test_it_writes_the_canonical_form(case: dict[str, str]) -> None:
    found = canonicalise(case["type"], case["text"])
    assert (found.type, found.value) == (case.get("as", case["type"]), case["value"])


@pytest.mark.parametrize(
    "case", VECTORS["good"], ids=lambda case: f"{case['type']} {case['text']}"
)
def test_it_changes_a_canonical_form_no_more(case: dict[str, str]) -> None:
    once = canonicalise(case["type"], case["text"])
    assert canonicalise(once.type, once.value) == once


@pytest.mark.parametrize(
    "case", VECTORS["bad"], ids=lambda case: f"{case['type']} {case['text']}"
)
def test_it_refuses_what_is_none(case: dict[str, str]) -> None:
    with pytest.raises(MalformedInput, check=refused(case["code"])):
        canonicalise(case["type"], case["text"])


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "opaque"])
def test_it_quotes_nothing(kind: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        canonicalise(kind, "geheim\x00:// @")
    assert "geheim" not in caught.value.sentence


@pytest.mark.parametrize("kind", TYPES)
def test_it_refuses_what_is_longer_than_any_value(kind: str) -> None:
    with pytest.raises(MalformedInput, check=refused(f"identifier.{kind}")):
        canonicalise(kind, "1" * (LONGEST_VALUE + 1))


def test_it_refuses_half_a_surrogate_and_unknown_types() -> None:
    with pytest.raises(MalformedInput, check=refused("identifier.opaque")):
        canonicalise("opaque", "\ud800")
    with pytest.raises(MalformedInput, check=refused("identifier.type")):
        canonicalise("shoe-size", "43")


@given(kind=st.sampled_from(TYPES), text=st.text(max_size=60))
def test_it_is_a_projection_of_whatever_it_takes(kind: str, text: str) -> None:
    try:
        once = canonicalise(kind, text)
    except MalformedInput:
        return
    assert canonicalise(once.type, once.value) == once


@given(
    host=st.from_regex(r"[a-zA-Z0-9.\-ß%@:\[\]]{1,20}", fullmatch=True),
    path=st.from_regex(r"[a-z./%0-9?&=#+\\é ]{0,30}", fullmatch=True),
)
def test_it_is_a_projection_of_addresses(host: str, path: str) -> None:
    try:
        once = canonicalise("url", f"http://{host}/{path}")
    except MalformedInput:
        return
    assert canonicalise("url", once.value) == once


@given(number=st.integers(10_000_000, 999_999_999))
def test_it_takes_one_in_eleven_numbers_as_bsn(number: int) -> None:
    digits = [int(digit) for digit in f"{number:09d}"]
    passes = sum(d * w for d, w in zip(digits, range(9, 1, -1), strict=False)) % 11
    try:
        canonicalise("bsn", str(number))
    except MalformedInput:
        assert passes != digits[8]
    else:
        assert passes == digits[8]
