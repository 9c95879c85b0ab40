"""Send and read an HTTP body under a limit of size and of time as a whole.

A socket's timeout bounds only one silence: whoever takes or gives a byte at a time could hold
a caller for ever. Portal, relay, nodes and respondents call each other with these bounds.
Before the first byte of an answer's body (its headers) only that silence bounds a call. A
process that is to end gives its calls up between two pieces.
"""

from collections.abc import Iterator
from time import monotonic

import urllib3

from stopping import is_stopping

PIECE_BYTES = 64 * 1024


class AnswerTooLong(Exception):
    """An answer passed its limit and was dropped; says nothing of what it held."""


def body_pieces(body: bytes, until: float) -> Iterator[bytes]:
    """Yield ``body`` piece by piece; raise TimeoutError once ``until`` (monotonic) is past.

    Also when this process is to end; so does ``read_answer``.
    """
    for start in range(0, len(body), PIECE_BYTES):
        if monotonic() > until or is_stopping():
            raise TimeoutError
        yield body[start : start + PIECE_BYTES]


def read_answer(answer: urllib3.BaseHTTPResponse, limit: int, until: float) -> bytes:
    """Return the body of an answer that was not read yet, or close its connection and raise.

    Raises AnswerTooLong past ``limit`` bytes, TimeoutError past ``until`` (monotonic seconds).
    """
    content = bytearray()
    while piece := answer.read1(PIECE_BYTES, decode_content=False):
        content += piece
        if len(content) > limit:
            answer.close()
            raise AnswerTooLong
        if monotonic() > until or is_stopping():
            answer.close()
            raise TimeoutError
    answer.release_conn()
    return bytes(content)
