"""Turn invitation codes into the entries by which each node knows who may answer.

Source: docs/protocol.md §8; corrections A6 and C9; HKDF of RFC 5869. A code is 130 bits,
written as 26 characters of Crockford's base 32. Node j learns only code_j, and can relate it
to nothing that another node holds.
"""

import hashlib
import itertools
import re
from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mpcengine.protocol.canonical import Digest, digest
from mpcengine.protocol.errors import MalformedInput, MalformedMessage
from mpcengine.protocol.field import POINTS

LABEL_ROSTER = b"drempel/roster/1"
LABEL_ROSTER_ROOT = b"drempel/roster-root/1"
CODE_BITS = 130
CODE_BYTES = 17
CODE_CHARACTERS = 26
ENTRY_BYTES = 32
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_ALIASES = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
_CUTS = (0, 5, 10, 15, 20, 26)
_SURVEY_ID = re.compile(r"[0-9a-f]{32}")


def code_from_bytes(seed: bytes) -> str:
    """Write 17 random bytes as a code; the 6 topmost bits are left out.

    The form is ``xxxxx-xxxxx-xxxxx-xxxxx-xxxxxx``. Raises MalformedMessage for another length.
    """
    if len(seed) != CODE_BYTES:
        raise MalformedMessage("code.length", "A code is made from 17 random bytes.")
    value = int.from_bytes(seed, "big") & ((1 << CODE_BITS) - 1)
    shifts = range(CODE_BITS - 5, -1, -5)
    text = "".join(_ALPHABET[value >> shift & 31] for shift in shifts)
    return "-".join(text[a:b] for a, b in itertools.pairwise(_CUTS))


def parse_code(code: str) -> bytes:
    """Read a code as 17 bytes, big-endian; case, spaces, hyphens, o/0 and i/l/1 are forgiven.

    Raises MalformedInput, without quoting the code, if it is not 26 characters of base 32.
    """
    text = code.strip().lower().translate(_ALIASES)
    if len(text) != CODE_CHARACTERS or any(character not in _VALUES for character in text):
        raise MalformedInput(
            "code.form", "An invitation code has 26 letters and digits; check it and try again."
        )
    value = 0
    for character in text:
        value = value << 5 | _VALUES[character]
    return value.to_bytes(CODE_BYTES, "big")


def node_code(code: str | bytes, survey_id: str, index: int) -> bytes:
    """Return code_j, the 32 bytes that node ``index`` sees of a code.

    HKDF-SHA256 without salt over the code's 17 bytes with info = label ‖ survey id (16 bytes)
    ‖ index. ``code`` is the written code or what ``parse_code`` returned.
    """
    secret = parse_code(code) if isinstance(code, str) else code
    if len(secret) != CODE_BYTES or index not in POINTS:
        raise MalformedMessage("code.length", "A code has 17 bytes and an index is 1, 2 or 3.")
    if _SURVEY_ID.fullmatch(survey_id) is None:
        raise MalformedMessage("survey_id.form", "A survey id is 32 hexadecimal digits.")
    info = LABEL_ROSTER + bytes.fromhex(survey_id) + bytes((index,))
    return HKDF(algorithm=SHA256(), length=ENTRY_BYTES, salt=None, info=info).derive(secret)


def roster_entry(node_secret: bytes) -> bytes:
    """Return SHA-256(code_j), the 32-byte entry in node j's roster."""
    if len(node_secret) != ENTRY_BYTES:
        raise MalformedMessage("code.length", "A node's code has 32 bytes.")
    return hashlib.sha256(node_secret).digest()


def roster_root(entries: Sequence[bytes]) -> Digest:
    """Return the root of a roster: SHA-256 of label ‖ 0 ‖ all entries, ascending.

    Raises MalformedMessage unless entries are 32 bytes each, strictly ascending and not none.
    """
    if not entries or any(len(entry) != ENTRY_BYTES for entry in entries):
        raise MalformedMessage("roster.form", "A roster holds entries of 32 bytes.")
    if any(a >= b for a, b in itertools.pairwise(entries)):
        raise MalformedMessage("roster.order", "A roster's entries are sorted and distinct.")
    return digest(LABEL_ROSTER_ROOT + b"\x00" + b"".join(entries))
