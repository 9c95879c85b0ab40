"""The door to the loops over words: what it refuses, and how it packs."""

from collections.abc import Callable

import numpy as np
import pytest

from mpcengine.kernels import words
from mpcengine.kernels.words import Planes, Segment
from mpcengine.kernels.words_block import Block
from mpcengine.kernels.words_flags import FlagBlock
from mpcengine.protocol.errors import MalformedMessage

PAIR = Segment(base=0, run=4, step=8, groups=2, offset=4, batches=2, stride=20)


def array(columns: int) -> words.Words:
    return np.zeros((2, columns), dtype=np.uint64)


def test_a_segment_knows_its_pairs_and_its_end() -> None:
    assert PAIR.count == 16
    assert PAIR.end == 20 + 8 + 4 + 4


@pytest.mark.parametrize(("first", "count"), [(0, 17), (-1, 3), (16, 1), (3, 14), (0, 0)])
def test_it_takes_no_pair_beyond_a_segment(first: int, count: int) -> None:
    with pytest.raises(MalformedMessage, match="inside"):
        words.check_places(36, PAIR, first, count)


def test_it_takes_no_pair_beyond_an_array() -> None:
    assert len(words.check_places(36, PAIR, 0, 16)) == 8
    with pytest.raises(MalformedMessage, match="inside"):
        words.check_places(35, PAIR, 0, 16)


REFUSED: list[Callable[[], object]] = [
    lambda: Block(63, 1),
    lambda: Block(0, 1),
    lambda: FlagBlock(65),
    lambda: Block(64, 1).load(array(65), array(65), 0, 65),
    lambda: Block(64, 1).load(array(3), array(4), 0, 3),
    lambda: Block(64, 1).load(array(3), array(3), 1, 3),
    lambda: Block(64, 1).load(array(0), array(0), 0, 0),
    lambda: Block(64, 1).gather(
        array(200), Segment(base=0, run=65, step=0, groups=1, offset=65), 0, 65
    ),
    lambda: Block(64, 1).gather(np.zeros(36, dtype=np.uint64), PAIR, 0, 16),
    lambda: FlagBlock(64).apply(np.zeros(36, np.uint8), PAIR, 0, 16, Planes(array(2), 0, 2)),
    lambda: words.product(array(3), array(4), 0, np.zeros(3, dtype=np.uint64)),
    lambda: words.product(array(3), array(3), 1, np.zeros(3, dtype=np.uint64)),
]


@pytest.mark.parametrize("wrong", REFUSED)
def test_it_refuses_what_the_loops_would_not_see(wrong: Callable[[], object]) -> None:
    with pytest.raises(MalformedMessage):
        wrong()


def test_planes_keep_the_order_of_elements() -> None:
    """Bit b of word j belongs to element b·words + j."""
    rows = array(3)
    for element in (0, 1, 2, 3, 100, 191):
        rows[0, element % 3] |= np.uint64(1 << element // 3)
    rows[1, 0] = 1
    flags = words.flags_of(Planes(rows, 0, 3), 192)
    assert np.flatnonzero(flags & 1).tolist() == [0, 1, 2, 3, 100, 191]
    assert np.flatnonzero(flags >> 1).tolist() == [0]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65])
def test_packed_flags_stand_in_their_places(count: int) -> None:
    flags = np.arange(count, dtype=np.uint8) % 4
    rows = words.packed(flags)
    assert rows.shape == (2, -(-count // 64))
    for place in (0, 1):
        whole = sum(int(word) << 64 * i for i, word in enumerate(rows[place]))
        assert [whole >> i & 1 for i in range(count)] == (flags >> place & 1).tolist()
        assert whole >> count == 0


def test_constants_are_the_first_component() -> None:
    shares = [words.public(np.array([5, 7]), index) for index in (1, 2, 3)]
    assert [share.tolist() for share in shares] == [
        [[5, 7], [0, 0]],
        [[0, 0], [0, 0]],
        [[0, 0], [5, 7]],
    ]
    turned = [words.inverted(array(1), index) for index in (1, 2, 3)]
    assert [int(share[0, 0]) for share in turned] == [words.ALL_ONES, 0, 0]


def test_no_share_is_ever_printed() -> None:
    planes = Planes(array(1), 0, 1)
    message = words.make_message(array(1), 1)
    assert "array" not in repr(planes) + repr(message)
