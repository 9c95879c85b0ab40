"""Values split into three shares come back, and no changed share goes unnoticed."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.protocol.errors import InconsistentShares, MalformedMessage
from mpcengine.protocol.field import (
    MODULUS,
    format_element,
    interpolate_at_zero,
    inverse,
    is_element,
    on_line,
    parse_element,
)
from mpcengine.protocol.sharing import recombine, split
from tests.protocol.vectors import load

VECTORS = load("sharing")
elements = st.integers(min_value=0, max_value=MODULUS - 1)
pairs = st.lists(st.tuples(elements, elements), max_size=20)


@given(pairs)
def test_it_recombines_what_it_split(rows: list[tuple[int, int]]) -> None:
    values, slopes = [v for v, _ in rows], [a for _, a in rows]
    assert recombine(*split(values, slopes)) == values


@given(pairs.filter(bool), st.data())
def test_it_refuses_any_single_changed_share(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    shares = split([v for v, _ in rows], [a for _, a in rows])
    node = data.draw(st.integers(0, 2))
    place = data.draw(st.integers(0, len(rows) - 1))
    change = data.draw(st.integers(1, MODULUS - 1))
    shares[node][place] = (shares[node][place] + change) % MODULUS
    with pytest.raises(InconsistentShares) as caught:
        recombine(*shares)
    assert caught.value.code == "shares.line"
    assert str(place) in caught.value.sentence


@given(elements, elements, elements, elements)
def test_it_adds_shares_as_it_adds_values(v: int, a: int, w: int, b: int) -> None:
    left, right = split([v], [a]), split([w], [b])
    added = [
        [(x + y) % MODULUS for x, y in zip(*two, strict=True)]
        for two in zip(left, right, strict=True)
    ]
    assert recombine(*added) == [(v + w) % MODULUS]


@pytest.mark.parametrize("modulus", [5, 7, 11])
def test_it_gives_each_node_a_share_independent_of_the_value(modulus: int) -> None:
    for node in range(3):
        seen = [
            Counter(split([v], [a], modulus=modulus)[node][0] for a in range(modulus))
            for v in range(modulus)
        ]
        assert all(counts == Counter(range(modulus)) for counts in seen)


@pytest.mark.parametrize("modulus", [5, 7])
def test_it_lets_two_shares_fix_value_and_third_share(modulus: int) -> None:
    for v in range(modulus):
        for a in range(modulus):
            one, two, three = (part[0] for part in split([v], [a], modulus=modulus))
            fits = [x for x in range(modulus) if on_line((one, two, x), modulus=modulus)]
            assert fits == [three]
            assert interpolate_at_zero((one, two), modulus=modulus) == v


def test_it_refuses_value_and_slope_lists_of_different_length() -> None:
    with pytest.raises(ValueError, match="shorter"):
        split([1, 2], [1])


def test_it_inverts_every_element_of_a_small_field_but_zero() -> None:
    assert all(v * inverse(v, modulus=7) % 7 == 1 for v in range(1, 7))
    assert inverse(2) * 2 % MODULUS == 1
    for zero in (0, MODULUS):
        with pytest.raises(ZeroDivisionError):
            inverse(zero)


def test_it_agrees_with_the_vectors() -> None:
    assert int(VECTORS["modulus"]) == MODULUS
    for case in VECTORS["good"]:
        values = [int(v) for v in case["values"]]
        shares = [[int(x) for x in vector] for vector in case["shares"]]
        assert [*split(values, [int(a) for a in case["slopes"]])] == shares
        assert recombine(*shares) == values


@pytest.mark.parametrize("case", VECTORS["bad"])
def test_it_refuses_the_bad_vectors(case: dict[str, Any]) -> None:
    with pytest.raises(InconsistentShares) as caught:
        recombine(*([int(x) for x in vector] for vector in case["shares"]))
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("text", VECTORS["elements"]["good"])
def test_it_reads_an_element_in_its_one_form(text: str) -> None:
    assert format_element(parse_element(text)) == text


@pytest.mark.parametrize("case", VECTORS["elements"]["bad"], ids=lambda c: repr(c["text"]))
def test_it_refuses_every_other_form_of_an_element(case: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage) as caught:
        parse_element(case["text"])
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("value", [-1, MODULUS, 2**64])
def test_it_writes_no_number_outside_the_field(value: int) -> None:
    assert not is_element(value)
    with pytest.raises(MalformedMessage):
        format_element(value)
