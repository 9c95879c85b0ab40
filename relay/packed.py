"""Answer with bodies that are kept packed."""

import gzip

from django.http import HttpResponse
from django.http.request import HttpHeaders


def packed_response(headers: HttpHeaders, packed: bytes, media_type: str) -> HttpResponse:
    """Answer with a body that is kept as gzip, unpacked for who cannot read that."""
    is_packed = "gzip" in headers.get("Accept-Encoding", "")
    body = packed if is_packed else gzip.decompress(packed)
    response = HttpResponse(body, content_type=media_type)
    response.headers["Vary"] = "Accept-Encoding"
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    return response
