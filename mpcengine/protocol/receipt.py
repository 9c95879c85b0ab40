"""Prove what became of a package: the relay's promise, the nodes' confirmations, a receipt.

Source: docs/protocol.md §8 and §14. A receipt (``drempel-receipt/1``) holds no answer, no key
that can sign, and nothing secret; it lets its holder look for the package id in public lists.
"""

import hashlib
from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON, Digest, digest_bytes
from mpcengine.protocol.envelope import HIGHEST_REVISION
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import (
    LABEL_CONFIRMATION,
    LABEL_PROMISE,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    verify,
)
from mpcengine.protocol.strict import Fields, to_base64

RECEIPT_FORMAT = "drempel-receipt/1"
STORES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAddress:
    """Say where a node publishes its lists; ``confirmation`` is its signature, if any."""

    node: str
    url: str
    identity_key: bytes
    confirmation: bytes = b""

    def to_json(self) -> dict[str, JSON]:
        """Return the node's part of the receipt."""
        part: dict[str, JSON] = {
            "node": self.node,
            "url": self.url,
            "identity_key": to_base64(self.identity_key),
        }
        if self.confirmation:
            part["confirmation"] = to_base64(self.confirmation)
        return part


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Name one package and who signed for it; ``content`` is the SHA-256 of its parcel.

    ``promise`` is empty where the relay gave none.
    """

    manifest: Digest
    package: str
    revision: int
    content: str
    relay_url: str
    relay_key: bytes
    promise: bytes
    nodes: tuple[NodeAddress, ...]

    @property
    def is_safe(self) -> bool:
        """Tell whether two stores have signed: the relay and a node, or two nodes."""
        confirmed = sum(bool(node.confirmation) for node in self.nodes)
        return confirmed + bool(self.promise) >= STORES

    def to_json(self) -> dict[str, JSON]:
        """Return the receipt as its file has it."""
        return {
            "format": RECEIPT_FORMAT,
            "manifest": self.manifest,
            "package": self.package,
            "revision": self.revision,
            "content": self.content,
            "relay": {
                "url": self.relay_url,
                "key": to_base64(self.relay_key),
                "promise": to_base64(self.promise) if self.promise else None,
            },
            "nodes": [node.to_json() for node in self.nodes],
        }


def promise_body(manifest: Digest, parcel: bytes) -> bytes:
    """Return what a relay signs under LABEL_PROMISE: digest (32) ‖ SHA-256 of the parcel."""
    return digest_bytes(manifest) + hashlib.sha256(parcel).digest()


def verify_promise(relay_key: bytes, manifest: Digest, parcel: bytes, signature: bytes) -> None:
    """Return nothing if the relay signed for exactly these bytes; raise BadSignature."""
    verify(relay_key, LABEL_PROMISE, promise_body(manifest, parcel), signature)


def confirmation_body(manifest: Digest, index: int, content: bytes) -> bytes:
    """Return what node ``index`` signs under LABEL_CONFIRMATION once it holds a package.

    Digest (32) ‖ index (1) ‖ ``content``, the SHA-256 of the parcel it came in (32).
    """
    return digest_bytes(manifest) + bytes((index,)) + content


def verify_confirmation(
    identity_key: bytes, manifest: Digest, index: int, content: bytes, signature: bytes
) -> None:
    """Return nothing if node ``index`` confirmed a parcel of this hash; raise BadSignature."""
    body = confirmation_body(manifest, index, content)
    verify(identity_key, LABEL_CONFIRMATION, body, signature)


def parse_receipt(obj: JSON) -> Receipt:
    """Read a receipt and check every signature in it.

    Raises MalformedInput with the path, or BadSignature if one does not hold or there is none.
    """
    keys = ("format", "manifest", "package", "revision", "content", "relay", "nodes")
    top = Fields(obj, required=keys, file=True)
    top.choice("format", (RECEIPT_FORMAT,))
    relay = top.fields("relay", required=("url", "key", "promise"))
    rows = top.rows(
        "nodes", 3, 3, required=("node", "url", "identity_key"), optional=("confirmation",)
    )
    is_promised = relay.raw("promise") is not None
    receipt = Receipt(
        manifest=top.digest("manifest"),
        package=top.hexadecimal("package", 32),
        revision=top.integer("revision", 0, HIGHEST_REVISION),
        content=top.hexadecimal("content", 32),
        relay_url=relay.url("url"),
        relay_key=relay.data("key", PUBLIC_KEY_BYTES),
        promise=relay.data("promise", SIGNATURE_BYTES) if is_promised else b"",
        nodes=tuple(_address(row, name) for row, name in zip(rows, NODE_NAMES, strict=True)),
    )
    _check_signed(receipt)
    return receipt


def _check_signed(receipt: Receipt) -> None:
    """Raise BadSignature unless everything signed holds, and something is."""
    content = bytes.fromhex(receipt.content)
    confirmed = [node for node in receipt.nodes if node.confirmation]
    if receipt.promise or not confirmed:
        body = digest_bytes(receipt.manifest) + content
        verify(receipt.relay_key, LABEL_PROMISE, body, receipt.promise)
    for node in confirmed:
        index = NODE_NAMES.index(node.node) + 1
        verify_confirmation(
            node.identity_key, receipt.manifest, index, content, node.confirmation
        )


def _address(row: Fields, name: str) -> NodeAddress:
    return NodeAddress(
        node=row.choice("node", (name,)),
        url=row.url("url"),
        identity_key=row.data("identity_key", PUBLIC_KEY_BYTES),
        confirmation=(
            row.data("confirmation", SIGNATURE_BYTES) if row.has("confirmation") else b""
        ),
    )
