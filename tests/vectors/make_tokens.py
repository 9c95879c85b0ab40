"""Vectors of blind tokens: the request, what the node answers, the token, and bad answers."""

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.eligibility import token_blind, token_finish, token_message
from mpcengine.protocol.signing import point_bytes
from tests.vectors.cast import cast, p256, seed
from tests.vectors.issuers import issuer

ORIGIN = "made by tests/vectors/generate.py from keys that are derived from names"


def tokens() -> JSON:
    """Return one respondent's three exchanges, and answers that no token comes from."""
    return {
        "origin": ORIGIN,
        "manifest": cast().manifest.digest,
        "good": [_exchange(index) for index in (1, 2, 3)],
        "bad": _bad(),
    }


def blinded_of(index: int, name: str) -> bytes:
    """Return what the respondent of this name asks node ``index`` to sign."""
    one, key = cast().issuer[index - 1], point_bytes(p256(f"one-time {name}"))
    salt, factor = _drawn(index, one.public)
    asked = token_blind(one.public, cast().manifest.digest, key, salt=salt, factor=factor)
    return asked.message


def _drawn(index: int, modulus: bytes) -> tuple[bytes, int]:
    salt = seed(f"salt {index}") + seed(f"salt {index} more")[:16]
    return salt, factor_of(f"factor {index}", modulus)


def _exchange(index: int) -> dict[str, JSON]:
    one, manifest = cast().issuer[index - 1], cast().manifest.digest
    key = point_bytes(p256("one-time Rosa"))
    salt, factor = _drawn(index, one.public)
    blinded = token_blind(one.public, manifest, key, salt=salt, factor=factor)
    answered = one.blind_sign(blinded.message)
    return {
        "issuer_key": one.public.hex(),
        "issuer_proof": cast().manifest.nodes[index - 1].issuer_proof.hex(),
        "one_time_key": key.hex(),
        "message": token_message(one.public, manifest, key).hex(),
        "salt": salt.hex(),
        "factor": factor.to_bytes(256, "big").hex(),
        "inverse": blinded.inverse.to_bytes(256, "big").hex(),
        "blinded": blinded.message.hex(),
        "blind_signature": answered.hex(),
        "token": token_finish(one.public, manifest, key, blinded, answered).hex(),
    }


def factor_of(name: str, modulus: bytes) -> int:
    """Return the blinding factor of this name."""
    drawn = b"".join(seed(f"{name} {part}") for part in range(8))
    return int.from_bytes(drawn, "big") % int.from_bytes(modulus, "big")


def _bad() -> list[JSON]:
    """Return answers to the first good request that must not become a token."""
    good = _exchange(1)
    request, right = bytes.fromhex(good["blinded"]), bytes.fromhex(good["blind_signature"])
    modulus = int.from_bytes(cast().issuer[0].public, "big")
    twice = int.from_bytes(right, "big") * 2 % modulus
    named = {
        "the request itself, as a signer with exponent 1 would": request,
        "another issuer's signature": issuer("somebody").blind_sign(request),
        "the finished token": bytes.fromhex(good["token"]),
        "one bit changed": right[:-1] + bytes([right[-1] ^ 1]),
        "twice the right number": twice.to_bytes(256, "big"),
        "zero": bytes(256),
        "the modulus": cast().issuer[0].public,
        "a byte too few": right[1:],
        "a byte too many": b"\x00" + right,
        "nothing": b"",
    }
    return [
        {"name": name, "code": "signature.invalid", "blind_signature": answer.hex()}
        for name, answer in named.items()
    ]
