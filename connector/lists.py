"""Read what a node publishes of a survey, whole and verified; never ask about one package.

Source: docs/protocol.md §10.7 and §14.3. Everything said here is signed by the node, or follows
from what it signed; what does not is ``Misbehaved``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TypeVar

from connector.errors import Misbehaved, Refused
from connector.http import JsonObject, Receiver
from mpcengine.protocol.batch import Rejected
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.padding import verify_seen
from mpcengine.protocol.result import verify_lists
from mpcengine.protocol.signing import LABEL_STATEMENT, verify
from mpcengine.protocol.statement import WITHHELD, Statement, parse_statement
from mpcengine.protocol.strict import Fields, parse_base64

# A seen list may be made anew between two pages.
TRIES = 3
LARGEST_PAGES = 1_000
_LARGEST_PAGE = 100_000

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Hold what one node publishes of a survey.

    ``statement`` is None while the node has signed none, ``signed`` its bytes. ``seen`` is its
    padded list, None if it has none; ``accepted`` and ``rejected`` (id to reason) are of a
    released survey.
    """

    node: str
    statement: Statement | None = None
    signed: bytes = b""
    seen: frozenset[str] | None = None
    accepted: frozenset[str] = frozenset()
    rejected: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_released(self) -> bool:
        """Tell whether the node has signed a result."""
        return self.statement is not None and not self.is_withheld

    @property
    def is_withheld(self) -> bool:
        """Tell whether the node has signed that there is no result."""
        return self.statement is not None and self.statement.state == WITHHELD


def published_read(
    receiver: Receiver, *, node: str, identity_key: bytes, manifest: Digest
) -> Published:
    """Return what a node publishes of a survey now, whole.

    Raises Unreachable if it does not answer, Misbehaved if something does not hold or does not
    follow from what the node signed.
    """
    try:
        signed = _statement(receiver, node, identity_key, manifest)
        statement = parse_statement(signed) if signed else None
        if statement is None or statement.state == WITHHELD:
            seen = _seen(receiver, identity_key, manifest)
            return Published(node=node, statement=statement, signed=signed, seen=seen)
        return replace(_released(receiver, node, statement), signed=signed)
    except ProtocolError as error:
        raise Misbehaved(receiver.name, f"{receiver.name}: {error.sentence}") from error


def list_read(receiver: Receiver, path: str, key: str) -> tuple[list[JSON], JsonObject]:
    """Return all entries of a paged list, and its first page.

    Raises Misbehaved if pages do not make one list.
    """
    first = receiver.get(path)
    pages, size = first.get("pages"), first.get("size")
    if not isinstance(pages, int) or not 1 <= pages <= LARGEST_PAGES:
        raise _no_list(receiver)
    entries = _entries(receiver, first, key)
    for page in range(2, pages + 1):
        entries += _entries(receiver, receiver.get(f"{path}?page={page}"), key)
    if len(entries) != size:
        raise _no_list(receiver)
    return entries, first


def _statement(receiver: Receiver, node: str, identity_key: bytes, manifest: Digest) -> bytes:
    """Return a node's statement, whose signature holds; empty while it has signed none."""
    found = _absent(lambda: receiver.get(f"results/{manifest}"))
    if found is None:
        return b""
    data = parse_base64(found.get("statement")) or b""
    verify(identity_key, LABEL_STATEMENT, data, parse_base64(found.get("signature")) or b"")
    statement = parse_statement(data)
    if (statement.node, statement.manifest) != (node, manifest):
        raise Misbehaved(receiver.name, f"{receiver.name} signed for something else.")
    return data


def _seen(receiver: Receiver, identity_key: bytes, manifest: Digest) -> frozenset[str] | None:
    path = f"lists/{manifest}/seen"
    for _ in range(TRIES):
        found = _absent(lambda: list_read(receiver, path, "ids"))
        if found is None:
            return None
        ids, signature = _ids(receiver, found[0]), parse_base64(found[1].get("signature"))
        try:
            verify_seen(identity_key, manifest, ids, signature or b"")
        except ProtocolError:
            continue
        return frozenset(ids)
    raise Misbehaved(receiver.name, f"{receiver.name}'s list is not as it signed it.")


def _released(receiver: Receiver, node: str, statement: Statement) -> Published:
    path = f"lists/{statement.manifest}"
    accepted = _ids(receiver, list_read(receiver, f"{path}/accepted", "ids")[0])
    rows = list_read(receiver, f"{path}/rejected", "rejected")[0]
    rejected = [_rejected(row) for row in rows]
    verify_lists(statement, accepted, rejected)
    return Published(
        node=node,
        statement=statement,
        accepted=frozenset(accepted),
        rejected={entry.package: entry.reason for entry in rejected},
    )


def _absent(read: Callable[[], Found]) -> Found | None:
    """Return what ``read`` finds, or None if the node says that there is no such thing yet."""
    try:
        return read()
    except Refused as refused:
        if refused.status != HTTPStatus.NOT_FOUND:
            raise
        return None


def _rejected(row: JSON) -> Rejected:
    fields = Fields(row, required=("id", "reason"))
    return Rejected(package=fields.hexadecimal("id", 32), reason=fields.text("reason"))


def _entries(receiver: Receiver, page: JsonObject, key: str) -> list[JSON]:
    entries = page.get(key)
    if not isinstance(entries, list) or len(entries) > _LARGEST_PAGE:
        raise _no_list(receiver)
    return entries


def _ids(receiver: Receiver, entries: list[JSON]) -> list[str]:
    if not all(isinstance(entry, str) for entry in entries):
        raise _no_list(receiver)
    return [str(entry) for entry in entries]


def _no_list(receiver: Receiver) -> Misbehaved:
    return Misbehaved(receiver.name, f"{receiver.name}'s list cannot be read.")
