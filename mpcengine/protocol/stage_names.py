"""Name the stages of a job, and the label under which a node signs its message of each.

Source: docs/protocol.md §10 (surveys) and §19.14 (requests).
"""

import re

from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.signing import (
    LABEL_AGAIN,
    LABEL_AGREED,
    LABEL_CHECKED,
    LABEL_COIN,
    LABEL_COMMIT,
    LABEL_COMPLETE,
    LABEL_DONE,
    LABEL_DRAW,
    LABEL_EARLIER,
    LABEL_HELD,
    LABEL_LINES,
    LABEL_LIST,
    LABEL_NEAR,
    LABEL_OPENING,
    LABEL_ORDERED,
    LABEL_OUTCOME,
    LABEL_PAD,
    LABEL_PATTERN,
    LABEL_READY,
    LABEL_REVEAL,
    LABEL_ROOT,
    LABEL_TOSS,
    LABEL_UNUSABLE,
    LABEL_VERDICT,
)

_LABELS = {
    "pad": LABEL_PAD,
    "commit": LABEL_COMMIT,
    "list": LABEL_LIST,
    "held": LABEL_HELD,
    "root": LABEL_ROOT,
    "verdict": LABEL_VERDICT,
    "toss": LABEL_TOSS,
    "coin": LABEL_COIN,
    "lines": LABEL_LINES,
    "checked": LABEL_CHECKED,
    "ready": LABEL_READY,
    "done": LABEL_DONE,
    "pattern": LABEL_PATTERN,
    "opening": LABEL_OPENING,
    "agreed": LABEL_AGREED,
    "draw": LABEL_DRAW,
    "reveal": LABEL_REVEAL,
    "again": LABEL_AGAIN,
    "complete": LABEL_COMPLETE,
    "unusable": LABEL_UNUSABLE,
    "ordered": LABEL_ORDERED,
    "earlier": LABEL_EARLIER,
    "near": LABEL_NEAR,
    "outcome": LABEL_OUTCOME,
}
_NUMBERS = {
    "toss": 1,
    "coin": 1,
    "ready": 2,
    "done": 2,
    "pattern": 1,
    "draw": 1,
    "reveal": 1,
    "again": 1,
}
_STAGE = re.compile(r"[a-z]+(/[1-9][0-9]{0,5})*")


def stage_label(stage: str) -> bytes:
    """Return the signing label of a stage such as ``root``, ``ready/1/2`` or ``pattern/1``.

    Raises MalformedMessage for a stage that does not exist.
    """
    name, *numbers = stage.split("/")
    fits = _STAGE.fullmatch(stage) is not None and len(numbers) == _NUMBERS.get(name, 0)
    if name not in _LABELS or not fits:
        raise MalformedMessage("stage.unknown", "This stage of a job does not exist.")
    return _LABELS[name]
