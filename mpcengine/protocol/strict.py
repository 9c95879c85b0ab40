"""Read JSON objects strictly: every key known, every value of its one form.

Source: docs/protocol.md §2. Every refusal names the path of what is wrong. A ``Fields`` made
with ``file=True`` reads a person's file and raises MalformedInput with ``where``; others read
messages and raise MalformedMessage with the path in the sentence. An unknown key is named only
to the owner of a file: in a message it may be anything, also a secret.
"""

import base64
import binascii
import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from mpcengine.protocol.canonical import JSON, Digest, is_digest
from mpcengine.protocol.errors import MalformedInput, MalformedMessage, ProtocolError

LARGEST_INTEGER = 2**53 - 1
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
LARGEST_PORT = 65535
LONGEST_ADDRESS = 300
_ADDRESS = re.compile(
    r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([1-9][0-9]{0,4}))?((?:/[A-Za-z0-9._~-]+)*)"
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class Fields:
    """Give the values of one JSON object by key, each checked; refuse unknown keys at once."""

    __slots__ = ("_file", "_value", "where")

    def __init__(
        self,
        value: JSON,
        where: str = "",
        *,
        required: Collection[str],
        optional: Collection[str] = (),
        file: bool = False,
    ) -> None:
        self.where = where
        self._file = file
        if not isinstance(value, dict):
            raise self._error("json.type", where or "the document", "must be a JSON object")
        self._value: dict[str, JSON] = value
        for key in value:
            if key not in required and key not in optional:
                raise self._unknown(key)
        for key in required:
            if key not in value:
                raise self._error("json.missing_key", self.path(key), "is missing")

    def path(self, key: str) -> str:
        """Return the path of ``key`` from the document's top."""
        return f"{self.where}.{key[:80]}" if self.where else key[:80]

    def has(self, key: str) -> bool:
        """Tell whether an optional key is there."""
        return key in self._value

    def refuse(self, key: str, sentence_end: str, *, code: str = "json.value") -> ProtocolError:
        """Return (for raising) the error that ``key`` breaks a rule, said by the caller."""
        return self._error(code, self.path(key), sentence_end)

    def raw(self, key: str) -> JSON:
        """Return the value as it is."""
        return self._value[key]

    def text(self, key: str, *, longest: int = 200) -> str:
        """Return a string of 1 to ``longest`` characters."""
        value = self._value[key]
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            raise self.refuse(key, f"must be a text of 1 to {longest} characters")
        return value

    def choice(self, key: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed strings."""
        value = self._value[key]
        if not isinstance(value, str) or value not in allowed:
            raise self.refuse(key, f"must be one of: {', '.join(allowed)}")
        return value

    def boolean(self, key: str) -> bool:
        """Return true or false."""
        value = self._value[key]
        if not isinstance(value, bool):
            raise self.refuse(key, "must be true or false")
        return value

    def integer(self, key: str, lowest: int, highest: int = LARGEST_INTEGER) -> int:
        """Return an integer in ``lowest`` … ``highest`` (never a decimal or a boolean)."""
        value = self._value[key]
        if type(value) is not int or not lowest <= value <= highest:
            raise self.refuse(key, f"must be a whole number from {lowest} to {highest}")
        return value

    def digest(self, key: str) -> Digest:
        """Return a digest, ``sha256:`` and 64 hexadecimal digits."""
        value = self._value[key]
        if not is_digest(value):
            raise self.refuse(key, "must be 'sha256:' and 64 hexadecimal digits")
        return str(value)

    def hexadecimal(self, key: str, length: int) -> str:
        """Return lower-case hexadecimal text of ``length`` bytes."""
        value = self._value[key]
        if not is_hex(value, length):
            raise self.refuse(key, f"must be {2 * length} lower-case hexadecimal digits")
        return str(value)

    def data(self, key: str, length: int | None = None) -> bytes:
        """Return the bytes of a standard base64 string, of ``length`` if that is given."""
        data = parse_base64(self._value[key])
        if data is None or (length is not None and len(data) != length):
            size = "" if length is None else f" of {length} bytes"
            raise self.refuse(key, f"must be standard base64{size}, with padding")
        return data

    def url(self, key: str) -> str:
        """Return an http or https address in its one form (``is_address``)."""
        value = self._value[key]
        if not isinstance(value, str) or not is_address(value):
            rule = "in small letters, without :80, :443 or a / at its end"
            raise self.refuse(key, f"must be an http or https address {rule}")
        return value

    def moment(self, key: str) -> datetime:
        """Return a time written as RFC 3339, UTC, whole seconds, ending in Z."""
        try:
            return parse_time(self._value[key])
        except MalformedMessage:
            raise self.refuse(key, "must be a time such as 2026-01-31T12:00:00Z") from None

    def items(self, key: str, lowest: int, highest: int) -> list[JSON]:
        """Return a list of ``lowest`` to ``highest`` values, not yet checked."""
        value = self._value[key]
        if not isinstance(value, list) or not lowest <= len(value) <= highest:
            raise self.refuse(key, f"must be a list of {lowest} to {highest} entries")
        return value

    def fields(
        self, key: str, *, required: Collection[str], optional: Collection[str] = ()
    ) -> "Fields":
        """Return the object under ``key`` as Fields of its own."""
        return Fields(
            self._value[key],
            self.path(key),
            required=required,
            optional=optional,
            file=self._file,
        )

    def rows(
        self,
        key: str,
        lowest: int,
        highest: int,
        *,
        required: Collection[str],
        optional: Collection[str] = (),
    ) -> list["Fields"]:
        """Return the list of objects under ``key``, each as Fields."""
        return [
            Fields(
                item,
                f"{self.path(key)}[{place}]",
                required=required,
                optional=optional,
                file=self._file,
            )
            for place, item in enumerate(self.items(key, lowest, highest))
        ]

    def _unknown(self, key: str) -> ProtocolError:
        if self._file:
            return self._error("json.unknown_key", self.path(key), "is not a known key")
        parent = self.where or "The message"
        return self._error("json.unknown_key", parent, "has a key that is not known")

    def _error(self, code: str, path: str, sentence_end: str) -> ProtocolError:
        sentence = f"{path} {sentence_end}."
        if self._file:
            return MalformedInput(code, sentence, where=path)
        return MalformedMessage(code, sentence)


def parse_base64(value: object) -> bytes | None:
    """Return the bytes of the one standard base64 form, or None if ``value`` is not that."""
    if not isinstance(value, str):
        return None
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if to_base64(data) == value else None


def to_base64(data: bytes) -> str:
    """Write bytes as standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def is_hex(value: object, length: int) -> bool:
    """Tell whether ``value`` is lower-case hexadecimal text of ``length`` bytes."""
    return (
        isinstance(value, str)
        and len(value) == 2 * length
        and re.fullmatch(r"[0-9a-f]*", value) is not None
    )


def is_address(text: str) -> bool:
    """Tell whether an http or https address is in the one form that browsers give it, too.

    No user, query or fragment; host and scheme in small letters; no port that goes without
    saying; no empty or dotted step and no slash at the end of the path. Policies and origins
    are compared letter by letter, so an address has no second form (docs/protocol.md §2).
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or len(text) > LONGEST_ADDRESS:
        return False
    scheme, host, port, path = found.groups()
    has_own_port = port is None or (
        port != _DEFAULT_PORTS[scheme] and int(port) <= LARGEST_PORT
    )
    has_steps = {".", ".."}.isdisjoint(path.split("/"))
    return has_own_port and has_steps and _is_host(host)


def _is_host(host: str) -> bool:
    """Tell whether a host that ends in a number is an IPv4 address as it is written."""
    labels = host.split(".")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]) is None:
        return True
    quad = len(labels) == 4 and all(re.fullmatch(r"0|[1-9][0-9]{0,2}", one) for one in labels)
    return quad and all(int(one) <= 255 for one in labels)


def parse_time(value: object) -> datetime:
    """Read a time as RFC 3339, UTC, whole seconds, ending in Z.

    Raises MalformedMessage for every other form, also for a day that does not exist.
    """
    if isinstance(value, str) and _TIME.fullmatch(value) is not None and value.isascii():
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            pass
    raise MalformedMessage("time.form", "A time must look like 2026-01-31T12:00:00Z.")


def format_time(moment: datetime) -> str:
    """Write an aware time in UTC with whole seconds (fractions are cut off)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
