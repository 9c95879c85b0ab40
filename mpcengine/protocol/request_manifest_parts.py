"""Hold what a request manifest says once it was read, and the values its format knows.

Source: docs/protocol.md §19.5. Reading is ``request_manifest_read``, building
``request_manifest``.
"""

from dataclasses import dataclass

from mpcengine.protocol.buckets import capacity
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.manifest_parts import Coordinator, Window
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request import COMPARE, HIT, ITEMS, MATCH, POST, Request
from mpcengine.protocol.strict import to_base64

REQUEST_SUITE = {
    "sharing": "replicated-xor-64",
    "word": "hmac-sha256-64",
    "seed": "aes128-ctr",
    "envelope": "hpke-p256-sha256-aes128gcm",
    "signature": "ed25519",
}
REQUESTER, HOLDER = "requester", "holder"
FIRST = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Name who asks, with the Ed25519 key (32 bytes) that signs the request manifest."""

    name: str
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Name the owner of a list: number, role, Ed25519 key, P-256 point for private outcomes."""

    owner: int
    name: str
    role: str
    key: bytes
    seal_key: bytes

    def to_json(self) -> dict[str, JSON]:
        """Return the owner's section of the manifest."""
        return {
            "owner": self.owner,
            "name": self.name,
            "role": self.role,
            "key": to_base64(self.key),
            "seal_key": to_base64(self.seal_key),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTerms:
    """Say how long contact is possible after a match was released.

    ``decide_days``: how long holders may decide, of mode ``post`` only, else 0;
    ``keep_days``: how long nodes keep what is sealed to the two who both opted in.
    """

    decide_days: int
    keep_days: int

    def to_json(self) -> dict[str, JSON]:
        """Return the contact section of the manifest."""
        return {"decide_days": self.decide_days, "keep_days": self.keep_days}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Name somebody who may approve, with the Ed25519 key (32 bytes) that signs approvals."""

    name: str
    organisation: str
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """Say how many of which approvers must sign; an approver's number is its place."""

    needed: int
    approvers: tuple[Approver, ...]

    def to_json(self) -> dict[str, JSON]:
        """Return the manifest's section ``approvals``."""
        return {
            "needed": self.needed,
            "approvers": [
                {
                    "name": one.name,
                    "organisation": one.organisation,
                    "key": to_base64(one.key),
                }
                for one in self.approvers
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestNode:
    """Name one node with its identity key and its share key (65 bytes) of this request."""

    node: str
    index: int
    name: str
    url: str
    identity_key: bytes
    share_key: bytes

    def to_json(self) -> dict[str, JSON]:
        """Return the node's section of the manifest."""
        return {
            "node": self.node,
            "index": self.index,
            "name": self.name,
            "url": self.url,
            "identity_key": to_base64(self.identity_key),
            "share_key": to_base64(self.share_key),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestManifest:
    """Hold a request manifest that was read strictly; ``raw`` are its bytes.

    ``first_size`` and ``other_size`` are the size classes of owner 0 and of all others,
    ``buckets`` is how many buckets each list is cut into. ``contact`` is None without contact.
    """

    raw: bytes
    digest: Digest
    kind: str
    request_id: str
    request: Request
    federation: bytes
    requester: Requester
    coordinator: Coordinator
    approvals: Approvals
    owners: tuple[Owner, ...]
    nodes: tuple[RequestNode, ...]
    first_size: int
    other_size: int
    buckets: int
    consenting: Window
    contributing: Window
    give_up_after_days: int
    contact: ContactTerms | None

    def node(self, name: str) -> RequestNode:
        """Return the terms of node ``a``, ``b`` or ``c``."""
        return self.nodes[NODE_NAMES.index(name)]

    def size(self, owner: int) -> int:
        """Return the size class of an owner's list."""
        return self.first_size if owner == FIRST else self.other_size

    def capacity(self, owner: int) -> int:
        """Return how many words each bucket of an owner's list has, padding included."""
        return capacity(self.size(owner), self.buckets)

    @property
    def decides_before(self) -> bool:
        """Tell whether owners say a word on contact together with their list."""
        return self.contact is not None and self.request.contact != POST

    @property
    def fewest_lists(self) -> int:
        """Return with how few lists, owner 0's among them, the request can be computed."""
        if self.kind == COMPARE:
            return len(self.owners)
        return 1 + self.request.min_organisations

    def private_bytes(self, owner: int, bucket: int) -> int:
        """Return how long an owner's private outcome of a bucket is; 0 where there is none.

        A byte for each slot of the requester of a match; for a holder a bit for each slot
        (``items``), one byte in bucket 0 (``hit``), or nothing.
        """
        if self.kind != MATCH:
            return 0
        if owner == FIRST:
            return self.capacity(owner)
        if self.request.holder_feedback == ITEMS:
            return (self.capacity(owner) + 7) // 8
        return int(self.request.holder_feedback == HIT and bucket == 0)
