"""Pack bodies once, as browsers read them; answer with the form that the caller likes best."""

import gzip
import re
from dataclasses import dataclass

import brotli
from django.http import HttpResponse
from django.http.request import HttpHeaders

# Above this the best brotli takes seconds, and the next best is as small.
_LARGEST_AT_BEST = 1024 * 1024
_WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Hold one body in the two forms in which it is sent."""

    gzip: bytes
    br: bytes


def pack(body: bytes) -> Packed:
    """Return a body packed; the same body always gives the same bytes."""
    quality = 11 if len(body) <= _LARGEST_AT_BEST else 9
    return Packed(
        # No time of packing in it.
        gzip=gzip.compress(body, compresslevel=9, mtime=0),
        br=brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality),
    )


def packed_response(headers: HttpHeaders, packed: Packed, media_type: str) -> HttpResponse:
    """Answer with a body that is kept packed, unpacked for who reads neither form."""
    coding = coding_chosen(headers.get("Accept-Encoding", ""))
    bodies = {"br": packed.br, "gzip": packed.gzip}
    body = bodies[coding] if coding in bodies else gzip.decompress(packed.gzip)
    response = HttpResponse(body, content_type=media_type)
    response.headers["Vary"] = "Accept-Encoding"
    if coding in bodies:
        response.headers["Content-Encoding"] = coding
    return response


def coding_chosen(accepted: str) -> str:
    """Return ``br``, ``gzip`` or ``identity`` for an ``Accept-Encoding`` (RFC 9110 §12.5.3).

    What weighs most; of equals the smallest, so ``br`` before ``gzip`` before ``identity``.
    What cannot be read counts as not named.
    """
    weights = dict(_weights(accepted.lower()))
    others = weights.get("*", 0.0)
    codings = {"br": weights.get("br", others), "gzip": weights.get("gzip", others)}
    best = max(codings, key=codings.__getitem__)
    is_taken = codings[best] > 0 and codings[best] >= weights.get("identity", 0.0)
    return best if is_taken else "identity"


def _weights(accepted: str) -> list[tuple[str, float]]:
    found = []
    for item in accepted.split(","):
        coding, _, parameter = (part.strip() for part in item.partition(";"))
        weight = _WEIGHT.fullmatch(parameter or "q=1")
        if weight:
            found.append((coding, float(weight[1])))
    return found
