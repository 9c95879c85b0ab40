"""Turn canonical values into 64-bit words, place them in buckets, and share them in three.

Source: docs/protocol.md §19.2 to §19.4; corrections B7, B8; Araki et al. 2016 (replicated
shares). Pure Python and byte strings: who handles millions has the same in arrays, and tests
compare. A word in bytes is little-endian. The key of words is no secret: shares hide values.
"""

import hashlib
import hmac
import itertools
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CTR, ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mpcengine.protocol.canonical import Digest, digest, digest_bytes
from mpcengine.protocol.codec import Writer
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.identifiers import VERSIONS, Identifier
from mpcengine.protocol.signing import PUBLIC_KEY_BYTES

LABEL_FEDERATION = b"drempel/federation/1"
LABEL_WORD_KEY = b"drempel/word-key/1"
LABEL_BUCKET = b"drempel/bucket/1"
LABEL_SEED = b"drempel/seed/1"
LABEL_COMPONENT = b"drempel/component/1"
LABEL_SNAPSHOT = b"drempel/snapshot/1"
WORD_BYTES = 8
SEED_BYTES = 16
SALT_BYTES = 32
NONCE_BYTES = 32
FEDERATION_BYTES = 32
SEEDED_COMPONENTS = (0, 1)
"""Components that travel as seeds; component 2 travels in full."""
_BLOCK = 16
# Swaps that move the bit of significance s to position bitrev6(s): bits 0 and 5, 1 and 4, 2 and
# 3 of the position change places. Each is its own inverse, and so are all three together.
_SWAPS = ((0x00000000AAAAAAAA, 31), (0x0000CCCC0000CCCC, 14), (0x00F000F000F000F0, 4))


def node_components(index: int) -> tuple[int, int]:
    """Return the two components that node ``index`` (1 to 3) holds, in their order."""
    if not 1 <= index <= 3:
        raise MalformedMessage("words.index", "A node's index is 1, 2 or 3.")
    return index - 1, index % 3


def federation_salt(identity_keys: Sequence[bytes]) -> bytes:
    """Return the 32 bytes that the three nodes' identity keys (in order of index) give."""
    if len(identity_keys) != 3 or any(len(key) != PUBLIC_KEY_BYTES for key in identity_keys):
        raise MalformedMessage("federation.keys", "A federation has three keys of 32 bytes.")
    return hashlib.sha256(LABEL_FEDERATION + b"\x00" + b"".join(identity_keys)).digest()


def word_key(federation: bytes, kind: str) -> bytes:
    """Return the key (32 bytes) under which values of a type become words."""
    label = LABEL_WORD_KEY + b"\x00" + kind.encode("ascii") + b"\x00"
    return hmac.digest(federation, label + bytes((VERSIONS[kind],)), "sha256")


def word_of(federation: bytes, identifier: Identifier) -> int:
    """Return the word (0 … 2^64 - 1) of a canonical value."""
    key = word_key(federation, identifier.type)
    return int.from_bytes(word_bytes(key, identifier.value), "little")


def word_bytes(key: bytes, value: str) -> bytes:
    """Return the word of a canonical value under its type's key, as eight bytes."""
    return hmac.digest(key, value.encode(), "sha256")[:WORD_BYTES]


def move_bits(word: int) -> int:
    """Move the bit of significance s of a word to position bitrev6(s); its own inverse."""
    for mask, shift in _SWAPS:
        low = word & mask
        high = word >> shift & mask
        word = word & ~(mask | mask << shift) | low << shift | high
    return word


def snapshot_digest(salt: bytes, words: Sequence[int]) -> Digest:
    """Return the salted digest of different words, ascending; raise MalformedMessage.

    For who holds them in bytes already: ``snapshot_digest_bytes``.
    """
    if any(a >= b for a, b in itertools.pairwise(words)):
        raise MalformedMessage("snapshot.order", "A snapshot's words are different, ascending.")
    joined = b"".join(word.to_bytes(WORD_BYTES, "little") for word in words)
    return snapshot_digest_bytes(salt, joined)


def snapshot_digest_bytes(salt: bytes, words: bytes) -> Digest:
    """Return the salted digest of words that are sorted already, eight bytes each."""
    if len(salt) != SALT_BYTES or len(words) % WORD_BYTES:
        raise MalformedMessage("snapshot.form", "A snapshot has a salt of 32 bytes, and words.")
    return digest(LABEL_SNAPSHOT + b"\x00" + salt + words)


def bucket_key(nonce: bytes) -> bytes:
    """Return the AES-128 key by which words find their bucket."""
    if len(nonce) != NONCE_BYTES:
        raise MalformedMessage("nonce.form", "A nonce has 32 bytes.")
    return hashlib.sha256(LABEL_BUCKET + b"\x00" + nonce).digest()[:_BLOCK]


def bucket_bytes(key: bytes, words: bytes) -> bytes:
    """Return one byte for each word of eight bytes: its low bits are the word's bucket."""
    blocks = b"".join(
        words[place : place + WORD_BYTES] + bytes(WORD_BYTES)
        for place in range(0, len(words), WORD_BYTES)
    )
    return encrypt_blocks(key, blocks)[::_BLOCK]


def encrypt_blocks(key: bytes, blocks: bytes) -> bytes:
    """Encrypt blocks of 16 bytes, each on its own, with AES-128."""
    # Each block is one word and eight zeros, encrypted once: a keyed hash, not a cipher mode.
    encryptor = Cipher(AES128(key), ECB()).encryptor()  # noqa: S305
    return encryptor.update(blocks) + encryptor.finalize()


def component_context(
    *, manifest: Digest, owner: int, component: int, number: int, bucket: int
) -> bytes:
    """Return what names one component of one bucket of one owner's list.

    Manifest digest (32) ‖ u8(owner) ‖ u8(component) ‖ u8(nonce number) ‖ u32(bucket).
    """
    writer = Writer().fixed(digest_bytes(manifest), 32)
    return writer.u8(owner).u8(component).u8(number).u32(bucket).end()


def expand_seed(seed: bytes, context: bytes, words: int) -> bytes:
    """Return the component of so many words that a seed (16 bytes) stands for."""
    if len(seed) != SEED_BYTES:
        raise MalformedMessage("seed.form", "A seed has 16 bytes.")
    info = LABEL_SEED + b"\x00" + context
    key = HKDF(algorithm=SHA256(), length=_BLOCK, salt=None, info=info).derive(seed)
    encryptor = Cipher(AES128(key), CTR(bytes(_BLOCK))).encryptor()
    return encryptor.update(bytes(words * WORD_BYTES)) + encryptor.finalize()


def component_hash(salt: bytes, context: bytes, component: bytes) -> bytes:
    """Return H_k, 32 bytes: what the header says of a component, blurred by its salt."""
    if len(salt) != SALT_BYTES:
        raise MalformedMessage("component.salt", "A component's salt has 32 bytes.")
    hashed = hashlib.sha256(LABEL_COMPONENT + b"\x00" + context + salt)
    hashed.update(component)
    return hashed.digest()
