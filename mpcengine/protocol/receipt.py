"""Prove what became of a package: the relay's promise and a respondent's receipt.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAddress:
    """Say where a node publishes its lists."""

    node: str
    url: str
    identity_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Name one package and who promised to deliver it; ``content`` is its bytes' SHA-256."""

    manifest: Digest
    package: str
    revision: int
    content: str
    relay_url: str
    relay_key: bytes
    promise: bytes
    nodes: tuple[NodeAddress, ...]

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
                "promise": to_base64(self.promise),
            },
            "nodes": [
                {"node": n.node, "url": n.url, "identity_key": to_base64(n.identity_key)}
                for n in self.nodes
            ],
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
    """Read a receipt and check the relay's promise in it.

    Raises MalformedInput with the path, or BadSignature if the promise does not hold.
    """
    keys = ("format", "manifest", "package", "revision", "content", "relay", "nodes")
    top = Fields(obj, required=keys, file=True)
    top.choice("format", (RECEIPT_FORMAT,))
    relay = top.fields("relay", required=("url", "key", "promise"))
    rows = top.rows("nodes", 3, 3, required=("node", "url", "identity_key"))
    receipt = Receipt(
        manifest=top.digest("manifest"),
        package=top.hexadecimal("package", 32),
        revision=top.integer("revision", 0, HIGHEST_REVISION),
        content=top.hexadecimal("content", 32),
        relay_url=relay.url("url"),
        relay_key=relay.data("key", PUBLIC_KEY_BYTES),
        promise=relay.data("promise", SIGNATURE_BYTES),
        nodes=tuple(_address(row, name) for row, name in zip(rows, NODE_NAMES, strict=True)),
    )
    body = digest_bytes(receipt.manifest) + bytes.fromhex(receipt.content)
    verify(receipt.relay_key, LABEL_PROMISE, body, receipt.promise)
    return receipt


def _address(row: Fields, name: str) -> NodeAddress:
    return NodeAddress(
        node=row.choice("node", (name,)),
        url=row.url("url"),
        identity_key=row.data("identity_key", PUBLIC_KEY_BYTES),
    )
