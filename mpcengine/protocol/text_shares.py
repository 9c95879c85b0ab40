"""Carry the nodes' shares of opened texts, and open them with three shares each.

Source: docs/protocol.md §13.2: by question the words of all texts, row after row, in the one
shuffled order that the three nodes share.
"""

from collections.abc import Mapping, Sequence

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.codec import check_vector, unpack_vector
from mpcengine.protocol.errors import InconsistentShares, MalformedMessage
from mpcengine.protocol.field import ELEMENT_BYTES, interpolate_at_zero, on_line
from mpcengine.protocol.strict import parse_base64, to_base64
from mpcengine.protocol.tables import TextItem

Texts = Mapping[str, bytes]


def texts_to_json(texts: Texts) -> dict[str, JSON]:
    """Write shares of texts by question: base64 of 8 bytes a word."""
    return {question: to_base64(words) for question, words in texts.items()}


def texts_from_json(value: JSON) -> dict[str, bytes]:
    """Read shares of texts; raise MalformedMessage if any are not field elements."""
    if not isinstance(value, dict):
        raise MalformedMessage("texts.form", "Shares of texts must be a JSON object.")
    return {question: _words(encoded) for question, encoded in value.items()}


def open_texts(
    items: Sequence[TextItem], shares: Sequence[Texts]
) -> dict[str, list[tuple[int, ...]]]:
    """Return the words of every text of ``items`` from three nodes' shares, by question.

    ``items`` are all that may be opened (``pattern.opened_texts``). Raises InconsistentShares
    if a node opened other questions, another number of words, or a triple is off the line.
    """
    wanted = {item.question for item in items}
    if len(shares) != 3 or any(part.keys() != wanted for part in shares):
        raise InconsistentShares("texts.names", "The nodes opened texts of other questions.")
    return {
        item.question: _open(item, [part[item.question] for part in shares]) for item in items
    }


def _open(item: TextItem, parts: Sequence[bytes]) -> list[tuple[int, ...]]:
    size = len(parts[0])
    if any(len(part) != size for part in parts) or size % (item.words * ELEMENT_BYTES):
        raise InconsistentShares("texts.length", "The nodes opened other numbers of texts.")
    vectors = [unpack_vector(part, size // ELEMENT_BYTES) for part in parts]
    values = []
    for triple in zip(*vectors, strict=True):
        if not on_line(triple):
            raise InconsistentShares("texts.line", "The shares of a text are not on a line.")
        values.append(interpolate_at_zero(triple))
    return [tuple(values[at : at + item.words]) for at in range(0, len(values), item.words)]


def _words(encoded: JSON) -> bytes:
    data = parse_base64(encoded) if isinstance(encoded, str) else None
    if data is None:
        raise MalformedMessage("texts.form", "Shares of texts must be base64.")
    return check_vector(data, len(data) // ELEMENT_BYTES)
