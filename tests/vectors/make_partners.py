"""Vectors of partners: entries, signed requests for tokens, and requests that are none."""

from collections.abc import Mapping
from dataclasses import replace

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.partners import Partner, partner_entry
from mpcengine.protocol.roster import roster_root
from mpcengine.protocol.signedrequest import SignedRequest, request_body
from mpcengine.protocol.signing import LABEL_ISSUE, LABEL_PACKAGE, point_bytes
from tests.vectors.cast import cast, p256, repeatable_signature
from tests.vectors.make_tokens import blinded_of

ORIGIN = "made by tests/vectors/generate.py from keys that are derived from names"
NAMES = ("Hospital North", "Hospital South", "Police East")
OTHER_SURVEY = "sha256:" + "00" * 32


def partner(name: str) -> Partner:
    """Return the partner of this name."""
    return Partner(name=name, key=point_bytes(p256(f"partner {name}")))


def request(name: str = NAMES[0], index: int = 1, drawn: str = "Rosa") -> SignedRequest:
    """Return a partner's repeatable request; ``drawn`` names whose one-time key it hides."""
    manifest, blinded = cast().manifest.digest, blinded_of(index, drawn)
    private = p256(f"partner {name}")
    body = request_body(manifest, index, blinded)
    return SignedRequest(
        manifest=manifest,
        index=index,
        key=point_bytes(private),
        blinded=blinded,
        signature=repeatable_signature(private, LABEL_ISSUE, body),
    )


def partners() -> JSON:
    """Return entries, three requests of one partner, and bytes that are no request of hers."""
    good = request()
    return {
        "origin": ORIGIN,
        "manifest": good.manifest,
        "entries": [
            {**partner(name).to_json(), "entry": partner_entry(partner(name).key).hex()}
            for name in NAMES
        ],
        "root": roster_root(sorted(partner_entry(partner(name).key) for name in NAMES)),
        "good": [
            {
                "index": one.index,
                "key": one.key.hex(),
                "blinded": one.blinded.hex(),
                "body": request_body(one.manifest, one.index, one.blinded).hex(),
                "signature": one.signature.hex(),
                "bytes": one.encode().hex(),
            }
            for one in (request(index=index) for index in (1, 2, 3))
        ],
        "bad": _bad_bytes(good) + _badly_signed(good),
    }


def _bad_bytes(good: SignedRequest) -> list[JSON]:
    data = good.encode()
    named = {
        "nothing": b"",
        "a byte too few": data[:-1],
        "a byte too many": data + b"\x00",
        "another version": b"\x02" + data[1:],
        "index 0": data[:33] + b"\x00" + data[34:],
        "index 4": data[:33] + b"\x04" + data[34:],
    }
    return _cases("request.form", named)


def _badly_signed(good: SignedRequest) -> list[JSON]:
    private, body = p256(f"partner {NAMES[0]}"), request_body(good.manifest, 1, good.blinded)
    as_package = repeatable_signature(private, LABEL_PACKAGE, body)
    changes = {
        "of another node": replace(good, index=2),
        "of another survey": replace(good, manifest=OTHER_SURVEY),
        "of another partner": replace(good, key=partner(NAMES[1]).key),
        "another blinded message": replace(good, blinded=blinded_of(1, "Ravi")),
        "signed as a package": replace(good, signature=as_package),
        "signature all zero": replace(good, signature=bytes(64)),
        "key off the curve": replace(good, key=good.key[:-1] + bytes([good.key[-1] ^ 1])),
        "key compressed": replace(good, key=b"\x02" + good.key[1:]),
    }
    named = {name: changed.encode() for name, changed in changes.items()}
    return _cases("signature.invalid", named)


def _cases(code: str, named: Mapping[str, bytes]) -> list[JSON]:
    return [{"name": name, "code": code, "bytes": data.hex()} for name, data in named.items()]
