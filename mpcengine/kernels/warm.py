"""Fill numba's cache, so that the first party starts in a fraction of a second.

``python -m mpcengine.kernels.warm``, used by ``make install``. Importing the loops
compiles or loads every one of them, because their signatures are explicit; calling each
once here shows that this machine runs what was compiled.
"""

import sys

import numpy as np

from mpcengine.kernels import field61 as f
from mpcengine.kernels import lines61, words
from mpcengine.kernels.words_block import Block
from mpcengine.kernels.words_flags import FlagBlock


def warm() -> int:
    """Call every loop once on a tiny input; return the number of wrong results."""
    one = f.vector([1, f.MODULUS - 1, 4])
    matrix = np.ones((2, 3), dtype=np.uint64)
    report = np.ones((1, 4), dtype=np.uint64)
    bounds = np.array([[0, 1, 1, 4]], dtype=np.int64)
    opened = lines61.evaluate(report, bounds, f.vector([1, 1, 1, 1]), f.vector([1]), 1)
    long, behind = np.ones((1, 6), dtype=np.uint64), np.array([[0, 1, 3, 6]], dtype=np.int64)
    masked = lines61.evaluate(long, behind, f.vector([1] * 6), f.vector([1]), 1, 2)
    checks = [
        f.multiply(one, one).tolist() == [1, 1, 16],
        f.add(one, one).tolist() == [2, f.MODULUS - 2, 8],
        f.subtract(one, one).tolist() == [0, 0, 0],
        f.scale(one, -1).tolist() == f.negate(one).tolist(),
        f.share_at(one, one, 3).tolist() == f.scale(one, 4).tolist(),
        f.combine(one, one, one, (3, -3, 1)).tolist() == one.tolist(),
        f.dot(one, one) == 18,
        f.matrix_vector(matrix, one).tolist() == [4, 4],
        f.column_sums(matrix).tolist() == [2, 2, 2],
        f.inverse(f.inverse(one)).tolist() == one.tolist(),
        f.running_sum(one).tolist() == [1, 0, 4],
        f.bits(one, 3)[2].tolist() == [0, 1, 1],
        f.from_bytes(bytes([255] * 8)).tolist() == [0],
        opened.tolist() == [[2, 2, 0]],
        masked.tolist() == [[2, 2, 2, 0]],
        lines61.judge(opened, opened, opened, f.vector([1])).tolist() == [lines61.ACCEPTED],
    ]
    return checks.count(False) + _warm_words()


def _warm_words() -> int:
    """Call the loops over words; node 2 adds no constant, so zeros are its shares of zero."""
    x = np.zeros((2, 4), dtype=np.uint64)
    x[:, 0] = 5
    segment = words.Segment(base=0, run=2, step=0, groups=1, offset=2)
    block, flags = Block(words.PLANE, 2), np.zeros(4, dtype=np.uint8)
    block.gather(x, segment, 0, 2)
    sent = [message.own.copy() for message in (*block.greater(with_equal=True), *block.equal())]
    sent.append(block.swap().own)
    Block(words.PLANE, 2).load(x, x, 0, 4)
    next(Block(words.PLANE, 2).equal_of(x, x, 0, 4))
    block.scatter(x, segment, 0)
    flag_block = FlagBlock(words.PLANE)
    sent.append(flag_block.change(flags, segment, 0, 2, block.answers()).own)
    flag_block.finish(flags, segment, 0, 2)
    checks = [
        len(sent) == 15,
        x[0].tolist() == [5, 0, 0, 0],
        flags.tolist() == [0] * 4,
        words.flags_of(block.answers(), 2).tolist() == [0, 0],
    ]
    return checks.count(False)


if __name__ == "__main__":
    sys.exit(1 if warm() else 0)
