"""The closed codec gives back what MPyC sends, and refuses every other byte string."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.party import closed_codec
from mpcengine.party.connection import PeerBytes
from mpcengine.party.failure import PartyFailure

integers = st.integers(-(2**300), 2**300)


@given(integers)
def test_it_carries_integers(value: int) -> None:
    assert closed_codec.loads(closed_codec.dumps(value)) == value


@given(st.lists(integers, max_size=20))
def test_it_carries_flat_lists(values: list[int]) -> None:
    assert closed_codec.loads(closed_codec.dumps(values)) == values


@given(st.lists(st.integers(0, 2**64 - 1), max_size=12), st.booleans(), st.booleans())
def test_it_carries_arrays(values: list[int], is_object: bool, is_matrix: bool) -> None:
    array = np.array(values, dtype=object if is_object else np.uint64)
    if is_matrix:
        array = array.reshape(1, -1)
    back = closed_codec.loads(closed_codec.dumps(array))
    assert isinstance(back, np.ndarray)
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tolist() == array.tolist()


@given(st.binary(max_size=60))
def test_it_refuses_other_bytes_with_one_kind_of_error(data: bytes) -> None:
    try:
        value = closed_codec.loads(data)
    except PartyFailure:
        return
    assert isinstance(value, int | list | np.ndarray)


@pytest.mark.parametrize(
    "value",
    ["text", b"bytes", None, True, 1.5, [[1]], (1, 2), np.zeros((1, 1, 1), dtype=np.uint64)],
)
def test_it_sends_nothing_else(value: object) -> None:
    with pytest.raises(TypeError):
        closed_codec.dumps(value)


def test_it_names_the_peer_and_refuses_lengths_that_are_not_there() -> None:
    whole = closed_codec.dumps(np.arange(5, dtype=np.uint64))
    for data in (whole[:-1], whole + b"x", b"W\x01\xff\xff\xff\x7f", b"L\xff\xff\xff\x7f", b""):
        tagged = PeerBytes(data)
        tagged.peer = 3
        with pytest.raises(PartyFailure) as caught:
            closed_codec.loads(tagged)
        assert caught.value.failure.peer == 3
