"""What the portal and the relay say to a node, and the portal to the relay (protocol §9).

Every function makes one call and checks the form of the answer; signatures are checked by
the callers, who know the keys. Raises ClientError (see ``http_peer``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from mpcengine.http_peer import CODE, HttpPeer, JsonObject, Misbehaved, Refused
from mpcengine.protocol.codec import pack_batch
from mpcengine.protocol.strict import parse_base64, to_base64

TAKEN, LATER, NEVER = "taken", "later", "never"
MAX_PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeKeys:
    """A node's keys for one survey and its signature over them."""

    share_key: bytes
    outer_key: bytes
    issuer_key: bytes
    issuer_proof: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOutcome:
    """The statement a node signed about its end; what it says besides is not asked."""

    statement: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceAnswer:
    """What a node says of one parcel: ``taken``, ``later`` or ``never``.

    ``confirmation`` is its signature, unverified, where it took it; else ``code`` says why not.
    """

    state: str
    code: str
    confirmation: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayProgress:
    """Whether the relay takes no more packages and has delivered all it took."""

    is_drained: bool


def keys_request(
    node: HttpPeer, *, survey_id: str, coordinator: bytes, signature: bytes
) -> NodeKeys:
    """Ask a node for its keys of this survey; asking again gives the same keys."""
    answer = node.send(
        "POST",
        f"surveys/{survey_id}/keys",
        {"coordinator": to_base64(coordinator), "signature": to_base64(signature)},
    )
    return NodeKeys(
        share_key=_bytes(node, answer, "share_key"),
        outer_key=_bytes(node, answer, "outer_key"),
        issuer_key=_bytes(node, answer, "issuer_key"),
        issuer_proof=_bytes(node, answer, "issuer_proof"),
        signature=_bytes(node, answer, "signature"),
    )


def manifest_propose(
    node: HttpPeer, *, manifest: bytes, coordinator_signature: bytes, roster: Sequence[str]
) -> bytes:
    """Send the manifest and this node's roster; return the node's signature."""
    answer = node.send(
        "POST",
        "manifests",
        {
            "manifest": to_base64(manifest),
            "coordinator_signature": to_base64(coordinator_signature),
            "roster": list(roster),
        },
    )
    return _bytes(node, answer, "signature")


def signatures_put(node: HttpPeer, *, digest: str, signatures: Mapping[str, bytes]) -> None:
    """Give a node the three signatures under the manifest."""
    value = {name: to_base64(signature) for name, signature in signatures.items()}
    node.send("PUT", f"manifests/{digest}/signatures", {"signatures": value})


def request_keys_request(
    node: HttpPeer, *, request_id: str, coordinator: bytes, signature: bytes
) -> tuple[bytes, bytes]:
    """Ask a node for its share key of this request; return it and the node's signature."""
    answer = node.send(
        "POST",
        f"requests/{request_id}/keys",
        {"coordinator": to_base64(coordinator), "signature": to_base64(signature)},
    )
    return _bytes(node, answer, "share_key"), _bytes(node, answer, "signature")


def request_propose(
    node: HttpPeer,
    *,
    manifest: bytes,
    requester_signature: bytes,
    coordinator_signature: bytes,
    approvals: Sequence[Mapping[str, str]],
) -> bytes:
    """Send a signed and approved request; return the node's signature."""
    body = {
        "manifest": to_base64(manifest),
        "requester_signature": to_base64(requester_signature),
        "coordinator_signature": to_base64(coordinator_signature),
        "approvals": list(approvals),
    }
    return _bytes(node, node.send("POST", "requests", body), "signature")


def request_signatures_put(
    node: HttpPeer, *, digest: str, signatures: Mapping[str, bytes]
) -> None:
    """Give a node the three signatures under a request's manifest."""
    value = {name: to_base64(signature) for name, signature in signatures.items()}
    node.send("PUT", f"requests/{digest}/signatures", {"signatures": value})


def order_send(receiver: HttpPeer, *, order: bytes, signature: bytes) -> None:
    """Forward a coordinator-signed order to a node or to the relay."""
    receiver.send(
        "POST", "orders", {"order": to_base64(order), "signature": to_base64(signature)}
    )


def job_state_get(node: HttpPeer, *, digest: str) -> str:
    """Return the state a node gives for a job."""
    return _text(node, node.get(f"jobs/{digest}"), "state")


def outcome_get(node: HttpPeer, *, digest: str) -> NodeOutcome | None:
    """Return a node's signed statement, or None while there is none."""
    try:
        answer = node.get(f"results/{digest}")
    except Refused as refusal:
        if refusal.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    if answer.get("statement") is None:
        return None
    return NodeOutcome(
        statement=_bytes(node, answer, "statement"),
        signature=_bytes(node, answer, "signature"),
    )


def parcels_forward(node: HttpPeer, *, parcels: Sequence[bytes]) -> list[PlaceAnswer]:
    """Send a batch of parcels and return an answer for each; again does no harm."""
    answers = node.send_octets("packages", pack_batch(parcels)).get("answers")
    if not isinstance(answers, list) or len(answers) != len(parcels):
        raise Misbehaved(node.name)
    return [_place(node, item) for item in answers]


def relay_key_get(relay: HttpPeer) -> bytes:
    """Return the key under which the relay signs its promises."""
    return _bytes(relay, relay.get("keys"), "key")


def relay_manifest_send(relay: HttpPeer, *, signed_manifest: Mapping[str, object]) -> None:
    """Give the relay the manifest with all its signatures."""
    relay.send("POST", "manifests", signed_manifest)


def relay_progress_get(relay: HttpPeer, *, digest: str) -> RelayProgress:
    """Return whether the relay is done with a survey; it tells no number of packages."""
    is_drained = relay.get(f"surveys/{digest}").get("drained")
    if not isinstance(is_drained, bool):
        raise Misbehaved(relay.name)
    return RelayProgress(is_drained=is_drained)


def _place(node: HttpPeer, item: object) -> PlaceAnswer:
    """Read what a node says of one parcel; an odd code is named so, never repeated."""
    if not isinstance(item, dict) or item.get("state") not in {TAKEN, LATER, NEVER}:
        raise Misbehaved(node.name)
    code = item.get("code", "")
    return PlaceAnswer(
        state=item["state"],
        code=code if isinstance(code, str) and CODE.fullmatch(code) else "unknown",
        confirmation=parse_base64(item.get("confirmation")) or b"",
    )


def _text(peer: HttpPeer, answer: JsonObject, key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str) or len(value) > MAX_PART_BYTES * 2:
        raise Misbehaved(peer.name)
    return value


def _bytes(peer: HttpPeer, answer: JsonObject, key: str) -> bytes:
    data = parse_base64(_text(peer, answer, key))
    if data is None:
        raise Misbehaved(peer.name)
    return data
