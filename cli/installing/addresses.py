"""Read the addresses that an operator gives, and refuse those that cannot be meant."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from cli.errors import BadInput
from mpcengine.protocol.strict import is_address
from pinned_http import is_loopback

MAX_PORT = 65535
DEFAULT_PORT = 443


@dataclass(frozen=True, slots=True)
class Address:
    """A web address people and peers call: its text, its host and its port."""

    url: str
    host: str
    port: int


def address_read(text: str, option: str = "--url") -> Address:
    """Return an https address without a path; raise BadInput."""
    wrong = BadInput(f"{option} must be an address such as https://node-a.example:8443.")
    try:
        parts = urlsplit(text)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        raise wrong from None
    if parts.scheme != "https" or not parts.hostname or not parts.hostname.isascii():
        raise wrong
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise wrong
    # The one form that manifests take, however it was typed.
    url = f"https://{parts.hostname}" + ("" if port == DEFAULT_PORT else f":{port}")
    if not is_address(url):
        raise wrong
    return Address(url, parts.hostname, port)


def receiver_read(text: str, option: str) -> str:
    """Return an address to call: https, or plain http on this very machine; raise BadInput."""
    if text.startswith("http://") and is_loopback(urlsplit(text).hostname or ""):
        return text.rstrip("/")
    return address_read(text, option).url


def port_read(value: int, option: str) -> int:
    """Return a port from 1 to 65535; raise BadInput."""
    if not 0 < value <= MAX_PORT:
        raise BadInput(f"{option} must be from 1 to 65535.")
    return value


def ports_read(text: str) -> str:
    """Return a range of ports such as ``9001-9016``; raise BadInput."""
    first, dash, last = text.partition("-")
    is_range = dash and first.isdecimal() and last.isdecimal()
    if not is_range or not 0 < int(first) <= int(last) <= MAX_PORT:
        raise BadInput("--party-ports must be two ports, the lower one first: 9001-9016.")
    return text
