"""Name everything about a request that three nodes agree to compute, and who signed it.

Source: docs/protocol.md §19.5 (``drempel-request-manifest/1``). Canonical JSON; the SHA-256 of
its bytes names the job everywhere. Requester, coordinator and three nodes sign the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mpcengine.protocol.approval import (
    SignedApproval,
    parse_signed_approvals,
    verify_approvals,
)
from mpcengine.protocol.buckets import capacity, usual_buckets
from mpcengine.protocol.canonical import JSON, Digest, canonical, digest
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import POINTS
from mpcengine.protocol.identifiers import VERSIONS
from mpcengine.protocol.manifest_parts import (
    DEFAULT_GIVE_UP_AFTER_DAYS,
    Coordinator,
    Window,
)
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.orders import survey_id_bytes
from mpcengine.protocol.request import NONE, POST, Request
from mpcengine.protocol.request_manifest_parts import (
    REQUEST_SUITE,
    Approvals,
    Approver,
    ContactTerms,
    Owner,
    Requester,
    RequestManifest,
    RequestNode,
)
from mpcengine.protocol.request_manifest_read import parse_request_manifest
from mpcengine.protocol.schemas_request import REQUEST_MANIFEST_FORMAT
from mpcengine.protocol.signing import (
    LABEL_REQUEST_MANIFEST,
    POINT_BYTES,
    SIGNATURE_BYTES,
    verify,
)
from mpcengine.protocol.strict import Fields, format_time, to_base64
from mpcengine.protocol.words import federation_salt

DEFAULT_DECIDE_DAYS, DEFAULT_KEEP_DAYS = 14, 30

__all__ = [
    "Approvals",
    "Approver",
    "ContactTerms",
    "Owner",
    "RequestManifest",
    "RequestNode",
    "RequestTerms",
    "Requester",
    "SignedRequestManifest",
    "build_request_manifest",
    "parse_request_manifest",
    "parse_signed_request_manifest",
    "prepare_request_body",
    "request_keys_body",
    "verify_askers",
    "verify_signed_request_manifest",
]


# What a node is asked with, before three nodes have signed.
ASKED_KEYS = ("manifest", "requester_signature", "coordinator_signature", "approvals")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTerms:
    """Hold what whoever runs a request puts into its manifest; the rest follows.

    ``buckets`` None means the usual number for the sizes, ``contact`` None the usual terms of
    the request's mode.
    """

    request_id: str
    request: Request
    requester: Requester
    coordinator: Coordinator
    approvals: Approvals
    owners: tuple[Owner, ...]
    nodes: tuple[RequestNode, ...]
    first_size: int
    other_size: int
    consenting: Window
    contributing: Window
    buckets: int | None = None
    give_up_after_days: int = DEFAULT_GIVE_UP_AFTER_DAYS
    contact: ContactTerms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequestManifest:
    """Carry a request manifest's bytes, five signatures (nodes' by index), and approvals."""

    manifest: bytes
    requester_signature: bytes
    coordinator_signature: bytes
    approvals: tuple[SignedApproval, ...]
    signatures: tuple[bytes, bytes, bytes]

    @property
    def digest(self) -> Digest:
        """Return the digest of the manifest's bytes."""
        return digest(self.manifest)

    def to_json(self) -> dict[str, JSON]:
        """Return manifest, askers' signatures, approvals and {a, b, c}, all base64."""
        named = zip(NODE_NAMES, self.signatures, strict=True)
        return {
            "manifest": to_base64(self.manifest),
            "requester_signature": to_base64(self.requester_signature),
            "coordinator_signature": to_base64(self.coordinator_signature),
            "approvals": [one.to_json() for one in self.approvals],
            "signatures": {name: to_base64(signature) for name, signature in named},
        }


def build_request_manifest(terms: RequestTerms) -> RequestManifest:
    """Return the manifest with these terms, built and read again.

    Raises MalformedMessage or MalformedInput for terms that break a rule.
    """
    first, others = terms.first_size, terms.other_size
    buckets = usual_buckets(first, others) if terms.buckets is None else terms.buckets
    salt = federation_salt([node.identity_key for node in terms.nodes])
    document = {
        "format": REQUEST_MANIFEST_FORMAT,
        "kind": terms.request.kind,
        "request_id": terms.request_id,
        "request": terms.request.to_json(),
        "suite": REQUEST_SUITE,
        "canonicalisers": {name: VERSIONS[name] for name in terms.request.identifiers},
        "federation": salt.hex(),
        "requester": _party_json(terms.requester),
        "coordinator": _party_json(terms.coordinator),
        "approvals": terms.approvals.to_json(),
        "owners": [owner.to_json() for owner in terms.owners],
        "nodes": [node.to_json() for node in terms.nodes],
        "sizes": {"first": first, "others": others},
        "buckets": buckets,
        "capacities": {
            "first": capacity(first, buckets),
            "others": capacity(others, buckets),
        },
        "consenting": _window_json(terms.consenting),
        "contributing": _window_json(terms.contributing),
        "give_up_after_days": terms.give_up_after_days,
        "contact": _contact_json(terms),
    }
    return parse_request_manifest(canonical(document))


def parse_signed_request_manifest(obj: JSON, where: str = "") -> SignedRequestManifest:
    """Read a signed request's JSON form; raise MalformedMessage. Verifies nothing yet."""
    top = Fields(obj, where, required=(*ASKED_KEYS, "signatures"))
    signatures = top.fields("signatures", required=NODE_NAMES)
    first, second, third = (signatures.data(name, SIGNATURE_BYTES) for name in NODE_NAMES)
    return SignedRequestManifest(
        manifest=top.data("manifest"),
        requester_signature=top.data("requester_signature", SIGNATURE_BYTES),
        coordinator_signature=top.data("coordinator_signature", SIGNATURE_BYTES),
        approvals=parse_signed_approvals(top),
        signatures=(first, second, third),
    )


def verify_askers(
    data: bytes,
    *,
    requester_signature: bytes,
    coordinator_signature: bytes,
    approvals: Sequence[SignedApproval],
) -> RequestManifest:
    """Return the manifest if requester, coordinator and enough approvers in it signed it.

    Raises MalformedMessage, MalformedInput or BadSignature. Whether they may ask anything is
    the operator's policy (``request_policy``).
    """
    manifest = parse_request_manifest(data)
    verify(manifest.requester.key, LABEL_REQUEST_MANIFEST, data, requester_signature)
    verify(manifest.coordinator.key, LABEL_REQUEST_MANIFEST, data, coordinator_signature)
    verify_approvals(manifest, approvals)
    return manifest


def verify_signed_request_manifest(signed: SignedRequestManifest) -> RequestManifest:
    """Return the manifest if all five named in it signed it.

    Who the nodes are is said by a nodes file only: ``signedmanifest.check_nodes`` and
    ``check_node_keys`` compare. Raises MalformedMessage, MalformedInput or BadSignature.
    """
    manifest = verify_askers(
        signed.manifest,
        requester_signature=signed.requester_signature,
        coordinator_signature=signed.coordinator_signature,
        approvals=signed.approvals,
    )
    for node, signature in zip(manifest.nodes, signed.signatures, strict=True):
        verify(node.identity_key, LABEL_REQUEST_MANIFEST, signed.manifest, signature)
    return manifest


def prepare_request_body(request_id: str) -> bytes:
    """Return the 16 bytes that a coordinator signs under LABEL_PREPARE_REQUEST."""
    return survey_id_bytes(request_id)


def request_keys_body(*, request_id: str, index: int, share_key: bytes) -> bytes:
    """Return what node ``index`` signs under LABEL_REQUEST_KEYS.

    Request id (16 bytes) ‖ index (1) ‖ share key (65).
    """
    if index not in POINTS or len(share_key) != POINT_BYTES:
        raise MalformedMessage("keys.form", "An index is 1, 2 or 3, a share key 65 bytes.")
    return survey_id_bytes(request_id) + bytes((index,)) + share_key


def _party_json(party: Requester | Coordinator) -> dict[str, JSON]:
    return {"name": party.name, "key": to_base64(party.key)}


def _contact_json(terms: RequestTerms) -> JSON:
    mode = terms.request.contact
    if terms.contact is not None:
        return terms.contact.to_json()
    if mode == NONE:
        return None
    usual = ContactTerms(
        decide_days=DEFAULT_DECIDE_DAYS if mode == POST else 0, keep_days=DEFAULT_KEEP_DAYS
    )
    return usual.to_json()


def _window_json(window: Window) -> dict[str, JSON]:
    return {"opens": format_time(window.opens), "closes": format_time(window.closes)}
