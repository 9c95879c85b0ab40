"""The canonical form of a web address: what two people mean by the same page.

Source: docs/protocol.md §19.2; RFC 3986 §6.2, with our own policy on top: no user, no fragment,
the query in order and without what advertisers add.
"""

import re
from urllib.parse import quote

from mpcengine.protocol.identifiers_network import host, ipv4, ipv6

_URL = re.compile(r"(?s)([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?")
_PORTS = {"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_TRACKING = re.compile(r"utm_[^=]*|fbclid|gclid")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT_IN_PATH = "/:@!$&'()*+,;=%"
_KEPT_IN_QUERY = "/?:@!$&'()*+,;=%"


def url(text: str) -> str:
    """Return a web address in canonical form.

    Scheme and host in lower case (A-labels), no user, no default port, dot segments resolved,
    escapes only where needed and in capitals, query sorted without ``utm_*``, ``fbclid`` and
    ``gclid``, no fragment. Raises ValueError for what is no address with a host.
    """
    parts = _URL.fullmatch(text.replace("\\", "/") if _is_web(text) else text)
    if parts is None:
        raise ValueError("is no address such as https://example.org/page")
    scheme = parts[1].lower()
    place = _authority(parts[2].rpartition("@")[2], scheme)
    path = _resolve(_escaped(parts[3], _KEPT_IN_PATH)) or "/"
    query = _query(_escaped(parts[4] or "", _KEPT_IN_QUERY))
    return f"{scheme}://{place}{path}{query}"


def _is_web(text: str) -> bool:
    return text[:5].lower() in {"http:", "https"}


def _authority(text: str, scheme: str) -> str:
    if text.startswith("["):
        inside, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError("has no host such as example.org")
        address = ipv6(inside)
        name, port = (f"[{address}]" if ":" in address else address), rest[1:]
    else:
        name, _, port = text.partition(":")
        name = _name(name.removesuffix("."))
    if port and (not port.isascii() or not port.isdigit() or int(port) > 65535):
        raise ValueError("has a port that is none")
    port = str(int(port)) if port else ""
    return f"{name}:{port}" if port and port != _PORTS.get(scheme) else name


def _name(text: str) -> str:
    if text.rpartition(".")[2].isdigit():
        return ipv4(text)
    return host(text)


def _escaped(text: str, kept: str) -> str:
    def one(match: re.Match[str]) -> str:
        letter = chr(int(match[1], 16))
        return letter if letter in _UNRESERVED else match[0].upper()

    loose = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return _ESCAPE.sub(one, quote(loose, safe=kept))


def _resolve(path: str) -> str:
    """Return a path without ``.`` and ``..`` (RFC 3986 §5.2.4)."""
    output: list[str] = []
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments):
        last = place == len(segments) - 1
        if segment == "..":
            del output[-1:]
        if segment not in {".", ".."}:
            output.append(segment)
        elif last:
            output.append("")
    return "/" + "/".join(output) if segments else ""


def _query(text: str) -> str:
    pairs = [pair for pair in text.split("&") if pair]
    kept = sorted(pair for pair in pairs if not _TRACKING.fullmatch(pair.partition("=")[0]))
    return "?" + "&".join(kept) if kept else ""
