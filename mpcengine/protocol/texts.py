"""Write a text as field elements, and read what nodes open.

Source: docs/protocol.md §6.5: u16 length (big-endian), UTF-8, zeros; seven bytes a word,
little-endian, so every word of an honest text is below 2^56.
"""

from collections.abc import Sequence

from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.layout_parts import TEXT_LENGTH_BYTES, TEXT_WORD_BYTES, text_words

UNREADABLE = ""


def pack_text(text: str, max_bytes: int) -> list[int]:
    """Return the words of a text; of an empty one, which is no answer, they are all zero.

    Raises MalformedInput ``text.characters`` for what UTF-8 cannot carry, ``text.too_long``
    for more than ``max_bytes`` bytes.
    """
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedInput(
            "text.characters", "A text has a character that cannot be written."
        ) from None
    if len(data) > max_bytes:
        raise MalformedInput("text.too_long", f"A text has more than {max_bytes} bytes.")
    size = text_words(max_bytes) * TEXT_WORD_BYTES
    whole = (len(data).to_bytes(TEXT_LENGTH_BYTES, "big") + data).ljust(size, b"\0")
    return [
        int.from_bytes(whole[at : at + TEXT_WORD_BYTES], "little")
        for at in range(0, size, TEXT_WORD_BYTES)
    ]


def unpack_text(words: Sequence[int], max_bytes: int) -> str:
    """Return the text of opened words, or ``UNREADABLE`` ("") if they are not exactly one.

    Never raises for any words: a respondent may have sent anything, and what she sent is not
    to stop the texts of others. A readable text is never empty.
    """
    if len(words) != text_words(max_bytes) or max(words) >> 8 * TEXT_WORD_BYTES:
        return UNREADABLE
    whole = b"".join(word.to_bytes(TEXT_WORD_BYTES, "little") for word in words)
    length = int.from_bytes(whole[:TEXT_LENGTH_BYTES], "big")
    data, rest = whole[TEXT_LENGTH_BYTES:][:length], whole[TEXT_LENGTH_BYTES + length :]
    if length > max_bytes or any(rest):
        return UNREADABLE
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return UNREADABLE
