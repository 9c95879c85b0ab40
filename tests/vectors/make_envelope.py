"""Vectors of envelopes: RFC 9180's own figures, ours, and everything that must not open.

A bad one is the first good one with the fields of ``change``.
"""

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.envelope import envelope_info, share_key_to_bytes, share_public
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.signing import p256_scalar, point_bytes
from tests.vectors.cast import cast, element, p256
from tests.vectors.hpke_reference import seal

WIDTH = 3
Case = tuple[str, str, dict[str, JSON]]
# RFC 9180, appendix A.3.1 (base mode, first message): figures only.
RFC9180 = {
    "section": "A.3.1",
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "skEm": "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb",
    "skRm": "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
    "pkRm": "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4c"
    "f969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
    "enc": "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61"
    "a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
    "shared_secret": "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8",
    "key": "868c066ef58aae6dc589b6cfdd18f97e",
    "base_nonce": "4e0bc5018beba4bf004cca59",
    "aad": "436f756e742d30",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
    "ct": "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab25"
    "23f39513434",
}


def envelopes() -> JSON:
    """Return envelopes that open, and changed ones that must be refused."""
    good = [_good(index, revision) for index, revision in ((1, 0), (2, 3), (3, 7))]
    return {
        "origin": "made by tests/vectors/generate.py with fixed ephemeral keys; "
        "rfc9180 holds the figures of RFC 9180, appendix A.3.1",
        "rfc9180": RFC9180,
        "width": WIDTH,
        "good": good,
        "bad": _bad(good[0]),
    }


def _good(index: int, revision: int) -> dict[str, JSON]:
    values = [0, MODULUS - 1, element(f"envelope {index}")]
    share = pack_vector(values)
    one_time_key = point_bytes(p256("one-time Rosa"))
    digest = cast().manifest.digest
    private = cast().share[index - 1]
    info = envelope_info(
        manifest=digest, index=index, one_time_key=one_time_key, revision=revision
    )
    return {
        "private": share_key_to_bytes(private).hex(),
        "public": share_public(private).hex(),
        "ephemeral": p256_scalar(_ephemeral(index)).hex(),
        "manifest": digest,
        "index": index,
        "revision": revision,
        "one_time_key": one_time_key.hex(),
        "info": info.hex(),
        "share": share.hex(),
        "values": [str(value) for value in values],
        "sealed": _seal(index, info, share).hex(),
    }


def _bad(good: dict[str, JSON]) -> list[JSON]:
    sealed = bytes.fromhex(good["sealed"])
    info = bytes.fromhex(good["info"])
    cases: list[Case] = [
        (f"truncated to {length} bytes", "envelope.length", {"sealed": sealed[:length].hex()})
        for length in range(81)
    ]
    cases += [
        (f"truncated to {length} bytes", "envelope.open", {"sealed": sealed[:length].hex()})
        for length in range(81, len(sealed))
    ]
    cases += [
        (f"byte {place} changed", "envelope.open", {"sealed": _flipped(sealed, place).hex()})
        for place in range(1, len(sealed))
    ]
    cases += [
        ("first byte changed", "envelope.length", {"sealed": _flipped(sealed, 0).hex()}),
        ("extra byte", "envelope.open", {"sealed": good["sealed"] + "00"}),
    ]
    cases += _other_contexts()
    cases += [
        (name, "envelope.open", {"sealed": _seal(1, changed, bytes(8 * WIDTH)).hex()})
        for name, changed in _other_infos(info)
    ]
    at_p = pack_vector([0, 0]) + MODULUS.to_bytes(8, "little")
    contents = (
        ("field element p", at_p),
        ("one element short", bytes(16)),
        ("one element more", bytes(32)),
        ("one byte more", bytes(25)),
        ("empty share", b""),
    )
    cases += [
        (name, "envelope.content", {"sealed": _seal(1, info, content).hex()})
        for name, content in contents
    ]
    return [{"name": name, "code": code, "change": change} for name, code, change in cases]


def _other_contexts() -> list[Case]:
    other_key = point_bytes(p256("one-time Ravi")).hex()
    other_private = p256_scalar(p256("share 2")).hex()
    return [
        ("another survey", "envelope.open", {"manifest": "sha256:" + "00" * 32}),
        ("another node's index", "envelope.open", {"index": 2}),
        ("another revision", "envelope.open", {"revision": 1}),
        ("another one-time key", "envelope.open", {"one_time_key": other_key}),
        (
            "another node's key",
            "envelope.open",
            {"private": other_private},
        ),
        ("revision 8", "envelope.revision", {"revision": 8}),
        ("index 0", "envelope.index", {"index": 0}),
        ("index 4", "envelope.index", {"index": 4}),
        ("short one-time key", "envelope.key", {"one_time_key": other_key[:-2]}),
        ("digest without prefix", "digest.form", {"manifest": "00" * 32}),
        ("digest in capitals", "digest.form", {"manifest": "sha256:" + "AB" * 32}),
    ]


def _other_infos(info: bytes) -> list[tuple[str, bytes]]:
    label = len(b"drempel/share/1")
    return [
        ("another label in info", b"drempel/share/2" + info[label:]),
        ("no zero byte after the label", info[:label] + info[label + 1 :]),
        ("info without one-time key", info[:-65]),
        ("empty info", b""),
    ]


def _ephemeral(index: int) -> EllipticCurvePrivateKey:
    return p256(f"ephemeral {index}")


def _seal(index: int, info: bytes, share: bytes) -> bytes:
    public = share_public(cast().share[index - 1])
    return seal(public, _ephemeral(index), info=info, aad=b"", plaintext=share)


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]
