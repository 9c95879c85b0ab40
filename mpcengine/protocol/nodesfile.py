"""Name the three nodes of a federation: addresses, identity keys, pins (``drempel-nodes/1``).

Each operator gives out one entry (``drempel-node-entry/1``); three of them make the file.

Source: docs/protocol.md §9. Who hands over this file says who the nodes are.
"""

from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON, Digest, canonical, digest, digest_bytes
from mpcengine.protocol.signing import PUBLIC_KEY_BYTES
from mpcengine.protocol.strict import Fields, to_base64

NODES_FORMAT = "drempel-nodes/1"
ENTRY_FORMAT = "drempel-node-entry/1"
NODE_NAMES = ("a", "b", "c")
_REQUIRED = ("node", "index", "name", "url", "identity_key")
_OPTIONAL = ("pin", "next_pin")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEntry:
    """Describe one node.

    ``pin`` is the SHA-256 of its web certificate (DER), or None; ``next_pin`` that of the
    certificate which will replace it, or None. Both are accepted while both are there.
    """

    node: str
    index: int
    name: str
    url: str
    identity_key: bytes
    pin: Digest | None
    next_pin: Digest | None = None

    @property
    def pins(self) -> tuple[bytes, ...]:
        """Return the digests of the certificates the node may have; none if none is pinned."""
        return tuple(digest_bytes(pin) for pin in (self.pin, self.next_pin) if pin is not None)

    def to_json(self) -> dict[str, JSON]:
        """Return the entry as the file has it."""
        entry: dict[str, JSON] = {
            "node": self.node,
            "index": self.index,
            "name": self.name,
            "url": self.url,
            "identity_key": to_base64(self.identity_key),
        }
        if self.pin is not None:
            entry["pin"] = self.pin
        if self.next_pin is not None:
            entry["next_pin"] = self.next_pin
        return entry


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesFile:
    """Hold the three nodes in order of index."""

    nodes: tuple[NodeEntry, ...]

    def named(self, node: str) -> NodeEntry:
        """Return the entry of node ``a``, ``b`` or ``c``; raise KeyError for another name."""
        for entry in self.nodes:
            if entry.node == node:
                return entry
        raise KeyError(node)

    def to_json(self) -> dict[str, JSON]:
        """Return the whole file as JSON."""
        return {"format": NODES_FORMAT, "nodes": [entry.to_json() for entry in self.nodes]}


def nodes_digest(nodes: NodesFile) -> Digest:
    """Return the digest of a nodes file's canonical JSON, however its file is laid out."""
    return digest(canonical(nodes.to_json()))


def introduction_body(nodes: Digest, challenge: bytes) -> bytes:
    """Return what a node signs to say who it is: nodes file digest ‖ challenge (32 bytes)."""
    return digest_bytes(nodes) + challenge


def parse_nodes_file(obj: JSON) -> NodesFile:
    """Read a nodes file; raise MalformedInput with the path of what is wrong."""
    top = Fields(obj, required=("format", "nodes"), file=True)
    top.choice("format", (NODES_FORMAT,))
    rows = top.rows("nodes", 3, 3, required=_REQUIRED, optional=_OPTIONAL)
    entries = tuple(_entry(row, index) for index, row in enumerate(rows, start=1))
    if len({entry.identity_key for entry in entries}) != 3:
        raise top.refuse("nodes", "must have three different identity keys")
    return NodesFile(nodes=entries)


def parse_node_entry(obj: JSON) -> NodeEntry:
    """Read one operator's entry; raise MalformedInput with the path of what is wrong."""
    top = Fields(obj, required=("format", "entry"), file=True)
    top.choice("format", (ENTRY_FORMAT,))
    row = top.fields("entry", required=_REQUIRED, optional=_OPTIONAL)
    return _entry(row, NODE_NAMES.index(row.choice("node", NODE_NAMES)) + 1)


def entry_document(entry: NodeEntry) -> dict[str, JSON]:
    """Return one operator's entry as its file has it."""
    return {"format": ENTRY_FORMAT, "entry": entry.to_json()}


def _entry(row: Fields, index: int) -> NodeEntry:
    if row.has("next_pin") and not row.has("pin"):
        raise row.refuse("next_pin", "must stand beside the pin that it will replace")
    return NodeEntry(
        node=row.choice("node", (NODE_NAMES[index - 1],)),
        index=row.integer("index", index, index),
        name=row.text("name"),
        url=row.url("url"),
        identity_key=row.data("identity_key", PUBLIC_KEY_BYTES),
        pin=row.digest("pin") if row.has("pin") else None,
        next_pin=row.digest("next_pin") if row.has("next_pin") else None,
    )
