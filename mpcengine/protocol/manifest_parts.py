"""Hold what a manifest says once it was read, and the values its format knows.

Source: docs/protocol.md §9.1. Reading is ``manifest_read``, building ``manifest``.
"""

from dataclasses import dataclass
from datetime import datetime

from mpcengine.protocol.boothpage import Booth
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.layout import Layout
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.strict import to_base64
from mpcengine.protocol.survey import Survey

MANIFEST_FORMAT = "drempel-manifest/1"
SUITE = {
    "sharing": "shamir-2^61-1",
    "envelope": "hpke-p256-sha256-aes128gcm",
    "outer": "hpke-p256-sha256-aes128gcm",
    "one_time": "ecdsa-p256-sha256",
    "token": "rsabssa-sha384-pss-deterministic-2048",
    "signature": "ed25519",
    "proof": "linear-shamir/1",
}
TIMINGS = ("strict", "normal", "immediate")
ROSTER_CODE, ROSTER_KEY = "code", "key"
ROSTER_KINDS = (ROSTER_CODE, ROSTER_KEY)
# In hexadecimal, a node's entries of such a roster and a manifest of 100 kB just fit one body
# of 64 MiB.
LARGEST_ROSTER = 1_000_000
DEFAULT_GIVE_UP_AFTER_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Say who may answer: kind, number of entries, and each node's root, in order of index.

    Of kind ``key`` the roots are equal: three operators confirm the same partners.
    """

    kind: str
    size: int
    roots: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Say from when until when (UTC) something is taken."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinator:
    """Name who asks, with the Ed25519 key (32 bytes) that signs manifest and orders."""

    name: str
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Say where packages go first, with the Ed25519 key (32 bytes) of the relay's promises."""

    url: str
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTerms:
    """Name one node with its identity key and its share, outer and issuer keys of this survey.

    ``issuer_proof`` is made with the issuer key: that it is this node's, for this survey.
    """

    node: str
    index: int
    name: str
    url: str
    identity_key: bytes
    share_key: bytes
    outer_key: bytes
    issuer_key: bytes
    issuer_proof: bytes

    def to_json(self) -> dict[str, JSON]:
        """Return the node's section of the manifest."""
        return {
            "node": self.node,
            "index": self.index,
            "name": self.name,
            "url": self.url,
            "identity_key": to_base64(self.identity_key),
            "share_key": to_base64(self.share_key),
            "outer_key": to_base64(self.outer_key),
            "issuer_key": to_base64(self.issuer_key),
            "issuer_proof": to_base64(self.issuer_proof),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Hold a manifest that was read strictly; ``raw`` are its bytes, ``layout`` follows.

    ``width`` bits are a record, ``words`` field elements a report: what an envelope holds.
    """

    raw: bytes
    digest: Digest
    kind: str
    survey_id: str
    survey: Survey
    layout: Layout
    roster: Roster
    timing: str
    flush_min: int
    issuing: Window
    answering: Window
    give_up_after_days: int
    max_inconsistent: int | None
    coordinator: Coordinator
    relay: Relay
    nodes: tuple[NodeTerms, ...]
    width: int
    words: int
    envelope_length: int
    parcel_length: int
    booth: Booth

    @property
    def issuer_keys(self) -> tuple[bytes, bytes, bytes]:
        """Return the nodes' issuer keys in order of index."""
        first, second, third = self.nodes
        return first.issuer_key, second.issuer_key, third.issuer_key

    @property
    def outer_keys(self) -> tuple[bytes, bytes, bytes]:
        """Return the nodes' outer keys in order of index."""
        first, second, third = self.nodes
        return first.outer_key, second.outer_key, third.outer_key

    def node(self, name: str) -> NodeTerms:
        """Return the terms of node ``a``, ``b`` or ``c``."""
        return self.nodes[NODE_NAMES.index(name)]

    def inconsistent_limit(self, batch_size: int) -> int:
        """Return how many of ``batch_size`` reports may be struck for what a node could do.

        These cannot be unsealed or are inconsistent; by default 1 %.
        """
        if self.max_inconsistent is None:
            return max(1, batch_size // 100)
        return self.max_inconsistent
