"""Leave out what warning lists name: public resolvers, own networks, sites that everybody uses.

Source: the format of MISP warning lists, in files that their user chooses. The check is local
and optional; a value that is left out is reported with the list's name.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from connector.imports.documents import document_read
from connector.list_files import Report, Source, Take
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers import Identifier

KINDS = ("cidr", "hostname", "string", "substring", "regex")
_LONGEST_NAME = 80
_ADDRESSES = frozenset({"ipv4", "ipv6"})


@dataclass(frozen=True, slots=True)
class WarningList:
    """A warning list: its name, and what tells whether a value is on it."""

    name: str
    size: int
    has: Callable[[Identifier], bool]


@dataclass(frozen=True, slots=True)
class Cleared:
    """A list without the values that warning lists name; they are reported as left out."""

    source: Source
    warnings: Sequence[WarningList]

    @property
    def path(self) -> Path:
        """Return the list's file."""
        return self.source.path

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Return the types of the question."""
        return self.source.identifiers

    def read(self, take: Take) -> Report:
        """Read the list and leave out what is on a warning list."""
        found: list[tuple[int, str]] = []

        def one(row: int, identifier: Identifier) -> None:
            name = next((each.name for each in self.warnings if each.has(identifier)), None)
            if name is None:
                take(row, identifier)
            else:
                found.append((row, name))

        report = self.source.read(one)
        report.taken -= len(found)
        for row, name in found:
            report.drop(row, f"is on the warning list “{name}”")
        return report


def warning_list_read(path: Path) -> WarningList:
    """Return the warning list in a file; raise MalformedInput or OSError."""
    document = document_read(path)
    if not isinstance(document, dict) or not isinstance(document.get("list"), list):
        raise MalformedInput("list.warning", "The file is no MISP warning list.")
    name, kind = document.get("name"), document.get("type")
    if not isinstance(name, str) or not name.isprintable() or len(name) > _LONGEST_NAME:
        name = path.stem
    if kind not in KINDS:
        raise MalformedInput(
            "list.warning",
            "The file's type is none of cidr, hostname, string, substring, regex.",
        )
    entries = [entry for entry in document["list"] if isinstance(entry, str)]
    return WarningList(name=name, size=len(entries), has=_MAKERS[str(kind)](entries))


def _cidr(entries: Sequence[str]) -> Callable[[Identifier], bool]:
    # Networks by version and length: one look for each length that occurs.
    networks: dict[tuple[int, int], set[int]] = {}
    for entry in entries:
        try:
            network = ipaddress.ip_network(entry.strip(), strict=False)
        except ValueError:
            raise MalformedInput(
                "list.warning", "The file holds an entry that is no network."
            ) from None
        key = (network.version, network.prefixlen)
        networks.setdefault(key, set()).add(int(network.network_address))

    def has(identifier: Identifier) -> bool:
        if identifier.type not in _ADDRESSES:
            return False
        address = ipaddress.ip_address(identifier.value)
        bits = address.max_prefixlen
        return any(
            int(address) >> (bits - length) << (bits - length) in found
            for (version, length), found in networks.items()
            if version == address.version
        )

    return has


def _hostname(entries: Sequence[str]) -> Callable[[Identifier], bool]:
    names = {entry.strip().strip(".").lower() for entry in entries}

    def has(identifier: Identifier) -> bool:
        name = _host(identifier)
        while name:
            if name in names:
                return True
            name = name.partition(".")[2]
        return False

    return has


def _host(identifier: Identifier) -> str:
    if identifier.type == "domain":
        return identifier.value
    if identifier.type == "url":
        return urlsplit(identifier.value).hostname or ""
    if identifier.type == "email":
        return identifier.value.rpartition("@")[2]
    return ""


def _string(entries: Sequence[str]) -> Callable[[Identifier], bool]:
    values = {entry.strip().lower() for entry in entries}
    return lambda identifier: identifier.value.lower() in values


def _substring(entries: Sequence[str]) -> Callable[[Identifier], bool]:
    parts = [entry.strip().lower() for entry in entries if entry.strip()]
    return lambda identifier: any(part in identifier.value.lower() for part in parts)


def _regex(entries: Sequence[str]) -> Callable[[Identifier], bool]:
    tests = [_expression(entry) for entry in entries]
    return lambda identifier: any(test.search(identifier.value) for test in tests)


def _expression(entry: str) -> re.Pattern[str]:
    # MISP writes /expression/ with letters behind it.
    match = re.fullmatch(r"/(.*)/([imsx]*)", entry.strip(), re.DOTALL)
    try:
        return re.compile(match[1] if match else entry, re.IGNORECASE)
    except re.error:
        raise MalformedInput(
            "list.warning", "The file holds an expression that cannot be read."
        ) from None


_MAKERS: dict[str, Callable[[Sequence[str]], Callable[[Identifier], bool]]] = {
    "cidr": _cidr,
    "hostname": _hostname,
    "string": _string,
    "substring": _substring,
    "regex": _regex,
}


def warnings_of(document_paths: Sequence[Path]) -> list[WarningList]:
    """Return the warning lists in these files; raise MalformedInput or OSError."""
    return [warning_list_read(path) for path in document_paths]
