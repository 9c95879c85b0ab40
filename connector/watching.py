"""Look at a booth as any visitor's browser gets it, and compare it with the signed manifest.

Source: docs/protocol.md §20.5. Looks like a browser's first visit: no cookie, no code, nothing
that tells the relay who looks. Whoever would give one visitor another page must not be able to
tell visitors from watchers. Without the package brotli a look asks for gzip only, as browsers
do where a connection is not encrypted.
"""

import secrets
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic

import urllib3

from bounded_http import AnswerTooLong, read_answer
from connector.errors import Unreachable
from connector.http import CALL_SECONDS, Receiver
from mpcengine.protocol.boothpage import (
    content_policy,
    file_path,
    first_language,
    integrity,
    page_path,
)
from mpcengine.protocol.canonical import parse_canonical, parse_json
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.signedmanifest import parse_signed_manifest, verify_signed_manifest
from mpcengine.protocol.strict import to_base64

try:
    import brotli
except ModuleNotFoundError:  # a connector's machine may lack it
    brotli = None

LARGEST_BODY = 4 * 1024 * 1024
# What nobody may see of a booth's answers: each could load, send or keep something besides.
UNWANTED = (
    "set-cookie",
    "link",
    "location",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "nel",
    "service-worker-allowed",
    "sourcemap",
    "x-sourcemap",
    "access-control-allow-origin",
    # Sent back at the next visit, as a tag would be.
    "last-modified",
    "clear-site-data",
    "content-security-policy-report-only",
    "document-policy",
    "integrity-policy",
    "speculation-rules",
    "accept-ch",
    "critical-ch",
    "use-as-dictionary",
)
_WANTED = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}
_TYPES = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "json": "application/json",
}
_PACKED = 16 + zlib.MAX_WBITS  # zlib's words for the gzip format
# The commonest browsers'; which of them a look pretends to be is drawn.
_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"
_BROWSERS = (
    f"{_WINDOWS}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
    f"{_WINDOWS}; rv:150.0) Gecko/20100101 Firefox/150.0",
)
_LANGUAGES = ("nl-NL,nl;q=0.9,en;q=0.8", "en-GB,en;q=0.9", "en-US,en;q=0.5", "nl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Say what is not as it was signed: ``what`` is a stable word, ``where`` a path."""

    what: str
    where: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Hold an answer as a browser got it; header names in small letters, the body unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


def booth_watch(relay: Receiver, manifest: Manifest) -> list[Difference]:
    """Return what differs of a verified manifest's booth as this relay serves it now.

    Pages in every language and in none, every file, the manifest as the page's program reads
    it, and the headers of all of them. Raises Unreachable.
    """
    visitor = {
        "User-Agent": secrets.choice(_BROWSERS),
        "Accept-Language": secrets.choice(_LANGUAGES),
    }
    looks = (_pages, _files, _manifest)
    return [one for look in looks for one in look(relay, manifest, visitor)]


def _pages(
    relay: Receiver, manifest: Manifest, visitor: Mapping[str, str]
) -> Iterator[Difference]:
    document = parse_canonical(manifest.raw)
    booth = manifest.booth
    policy = content_policy(document, booth.release, booth.files)
    first = first_language(document, tuple(booth.pages))
    addresses = {page_path(manifest.survey_id): booth.pages[first]}
    addresses |= {page_path(manifest.survey_id, one): booth.pages[one] for one in booth.pages}
    for path, digest in addresses.items():
        served = _get(relay, path, visitor, "document")
        yield from _compared(served, path, digest, "page")
        said = served.headers.get("content-security-policy", "")
        if said != policy:
            yield Difference(
                what="policy",
                where=path,
                sentence="The page's Content-Security-Policy is not the one that follows from "
                "the manifest: it may load from, or send to, somebody else.",
            )


def _files(
    relay: Receiver, manifest: Manifest, visitor: Mapping[str, str]
) -> Iterator[Difference]:
    for name, digest in manifest.booth.files.items():
        path = file_path(manifest.booth.release, name)
        kind = "script" if name.endswith(".js") else "style"
        yield from _compared(_get(relay, path, visitor, kind), path, digest, "file")


def _manifest(
    relay: Receiver, manifest: Manifest, visitor: Mapping[str, str]
) -> Iterator[Difference]:
    path = f"/api/v1/manifests/{manifest.survey_id}/text"
    served = _get(relay, path, visitor, "empty")
    if served.status != HTTPStatus.OK or not _is_signed(served.body, manifest):
        sentence = "What browsers read as the manifest is not the one that was signed."
        yield Difference(what="manifest", where=path, sentence=sentence)
        return
    if "etag" in served.headers:
        sentence = "The header etag is not as this relay must send it."
        yield Difference(what="header", where=path, sentence=sentence)
    yield from _headers(served, path, "json")


def _is_signed(body: bytes | None, manifest: Manifest) -> bool:
    """Tell whether a signed manifest, its text in it, is this one, and its signatures hold."""
    try:
        told = parse_json(body or b"")
        told["manifest"] = to_base64(told["manifest"].encode())
        found = verify_signed_manifest(parse_signed_manifest(told), None)
    except (ProtocolError, KeyError, TypeError, AttributeError, UnicodeEncodeError):
        return False
    return found.digest == manifest.digest


def _compared(served: Served, path: str, digest: str, what: str) -> Iterator[Difference]:
    if served.status != HTTPStatus.OK:
        sentence = f"The relay answers with status {served.status}."
        yield Difference(what=what, where=path, sentence=sentence)
        return
    if served.body is None:
        sentence = "What is served is too long, or not packed as browsers can read it."
        yield Difference(what=what, where=path, sentence=sentence)
    elif integrity(served.body) != digest:
        sentence = f"The {what} that is served is not the one that the manifest names."
        yield Difference(what=what, where=path, sentence=sentence)
    # A tag that differs from one visitor to the next would be as good as a cookie.
    if served.headers.get("etag", f'"{digest}"').removeprefix("W/") != f'"{digest}"':
        sentence = "The header etag is not the one that follows from the manifest."
        yield Difference(what="header", where=path, sentence=sentence)
    yield from _headers(served, path, "html" if what == "page" else path.rpartition(".")[2])


def _headers(served: Served, path: str, kind: str) -> Iterator[Difference]:
    media_type = served.headers.get("content-type", "").partition(";")[0].strip().lower()
    wrong = [name for name in UNWANTED if name in served.headers]
    wrong += [name for name, said in _WANTED.items() if served.headers.get(name) != said]
    wrong += [] if media_type == _TYPES[kind] else ["content-type"]
    for name in wrong:
        sentence = f"The header {name} is not as this relay must send it."
        yield Difference(what="header", where=path, sentence=sentence)


def _get(relay: Receiver, path: str, visitor: Mapping[str, str], kind: str) -> Served:
    headers = {
        **visitor,
        "Accept": "text/html,application/xhtml+xml,*/*;q=0.8" if kind == "document" else "*/*",
        "Accept-Encoding": codings_offered(relay.url),
        "Sec-Fetch-Dest": kind,
        "Sec-Fetch-Mode": "navigate" if kind == "document" else "cors",
        "Sec-Fetch-Site": "none" if kind == "document" else "same-origin",
    }
    until = monotonic() + CALL_SECONDS
    try:
        answer = relay.pool.request(
            "GET",
            f"{relay.url.rstrip('/')}{path}",
            headers=headers,
            redirect=False,
            preload_content=False,
        )
        body = _read(answer, until)
    except TimeoutError:
        raise Unreachable(relay.name, f"{relay.name} answers too slowly.") from None
    except (urllib3.exceptions.HTTPError, OSError):
        raise Unreachable(relay.name, f"{relay.name} cannot be reached.") from None
    # A header that is sent twice is told: browsers may take another of the two than we would.
    found = {name.lower(): ", ".join(answer.headers.getlist(name)) for name in answer.headers}
    return Served(status=answer.status, headers=found, body=body)


def _read(answer: urllib3.BaseHTTPResponse, until: float) -> bytes | None:
    try:
        content = read_answer(answer, LARGEST_BODY, until)
    except AnswerTooLong:
        return None
    return _unpacked(content, answer.headers.get("Content-Encoding", "identity"))


def codings_offered(url: str) -> str:
    """Return what a browser offers: all it reads where the connection is encrypted."""
    is_offered = brotli is not None and url.startswith("https:")
    return "gzip, deflate, br, zstd" if is_offered else "gzip, deflate"


def _unpacked(packed: bytes, coding: str) -> bytes | None:
    """Return what is packed; None for another coding, or longer than any booth's file."""
    if coding == "identity":
        return packed
    if coding == "br" and brotli is not None:
        return _brotli_unpacked(packed)
    return _gzip_unpacked(packed) if coding == "gzip" else None


def _brotli_unpacked(packed: bytes) -> bytes | None:
    opener = brotli.Decompressor()
    try:
        body: bytes = opener.process(packed, output_buffer_limit=LARGEST_BODY)
    except brotli.error:
        return None
    return body if opener.is_finished() else None


def _gzip_unpacked(packed: bytes) -> bytes | None:
    opener = zlib.decompressobj(_PACKED)
    try:
        body = opener.decompress(packed, LARGEST_BODY)
    except zlib.error:
        return None
    return body if opener.eof and not opener.unused_data else None
