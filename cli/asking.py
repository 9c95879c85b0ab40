"""Put a request to three nodes as its requester and coordinator; both keys stay here.

Source: docs/protocol.md §19.5. Each node's share key is believed because its identity key, of
our own nodes file, signed it; each node signs the manifest after its own operator's policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic, sleep

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.coordinator import refusal_sentence
from cli.errors import CliError, NodeRefused
from cli.reachable import Reachable
from connector.errors import Refused
from connector.http import JsonObject, Receiver
from mpcengine.protocol.approval import sign_approval
from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.nodesfile import NodeEntry
from mpcengine.protocol.request_manifest import (
    RequestManifest,
    RequestNode,
    SignedRequestManifest,
    prepare_request_body,
    request_keys_body,
    verify_signed_request_manifest,
)
from mpcengine.protocol.signing import (
    LABEL_PREPARE_REQUEST,
    LABEL_REQUEST_KEYS,
    LABEL_REQUEST_MANIFEST,
    POINT_BYTES,
    public_bytes,
    sign,
    verify,
)
from mpcengine.protocol.strict import parse_base64, to_base64

POLL_SECONDS = 0.1
_POLICY_CODES = "policy."
# What has ended is erased soon after.
_ENDED = ("released", "withheld", "erased")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Act for the requester, the coordinator and the approvers of one request."""

    federation: Reachable
    requester: Ed25519PrivateKey = field(repr=False)
    approvers: tuple[Ed25519PrivateKey, ...] = field(default=(), repr=False)

    def share_keys(self, request_id: str) -> tuple[RequestNode, ...]:
        """Have each node make its share key of a request, and return the manifest's nodes."""
        key = self.federation.coordinator_key
        body = {
            "coordinator": to_base64(public_bytes(key)),
            "signature": to_base64(
                sign(key, LABEL_PREPARE_REQUEST, prepare_request_body(request_id))
            ),
        }
        return tuple(
            self._share_key(entry, request_id, body)
            for entry in self.federation.nodes_file.nodes
        )

    def publish(self, manifest: RequestManifest) -> SignedRequestManifest:
        """Sign a manifest, have three nodes sign it, and open the job at each.

        Raises NodeRefused if a node's operator does not allow it, CliError for anything else.
        """
        asked = sign(self.requester, LABEL_REQUEST_MANIFEST, manifest.raw)
        key = self.federation.coordinator_key
        coordinated = sign(key, LABEL_REQUEST_MANIFEST, manifest.raw)
        approvals = tuple(
            sign_approval(approver, manifest.digest, place)
            for place, approver in enumerate(self.approvers)
        )
        body = {
            "manifest": to_base64(manifest.raw),
            "requester_signature": to_base64(asked),
            "coordinator_signature": to_base64(coordinated),
            "approvals": [one.to_json() for one in approvals],
        }
        answers = {
            terms.node: _called(self._node(terms.node), "POST", "requests", body)
            for terms in manifest.nodes
        }
        first, second, third = (
            parse_base64(answers[terms.node].get("signature")) or b""
            for terms in manifest.nodes
        )
        signed = SignedRequestManifest(
            manifest=manifest.raw,
            requester_signature=asked,
            coordinator_signature=coordinated,
            approvals=approvals,
            signatures=(first, second, third),
        )
        try:
            verify_signed_request_manifest(signed)
        except ProtocolError as error:
            raise CliError(f"A node did not sign the request: {error.sentence}") from None
        named = {"signatures": signed.to_json()["signatures"]}
        for terms in manifest.nodes:
            path = f"requests/{manifest.digest}/signatures"
            _called(self._node(terms.node), "PUT", path, named)
        return signed

    def statements(self, digest: Digest, *, seconds: float) -> tuple[list[bytes], list[bytes]]:
        """Wait for the three nodes' statements; return their bytes and signatures, by index."""
        deadline = monotonic() + seconds
        found: dict[str, JsonObject] = {}
        names = [entry.node for entry in self.federation.nodes_file.nodes]
        while len(found) < len(names):
            for name in names:
                if name not in found and (answer := self._ended(name, digest)) is not None:
                    found[name] = answer
            if len(found) < len(names):
                self.federation.look()
                if monotonic() > deadline or self.federation.stop.is_set():
                    raise CliError(f"The nodes are not done after {seconds:.0f} seconds.")
                sleep(POLL_SECONDS)
        ordered = [found[name] for name in names]
        return (
            [parse_base64(one.get("statement")) or b"" for one in ordered],
            [parse_base64(one.get("signature")) or b"" for one in ordered],
        )

    def state(self, digest: Digest) -> str | None:
        """Return the reason if a node has ended the job already, else None."""
        for entry in self.federation.nodes_file.nodes:
            job = _called(self._node(entry.node), "GET", f"jobs/{digest}", None)
            if job.get("state") in _ENDED:
                return str(job.get("reason"))
        return None

    def _ended(self, name: str, digest: Digest) -> JsonObject | None:
        try:
            return self._node(name).get(f"results/{digest}")
        except Refused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _share_key(
        self, entry: NodeEntry, request_id: str, body: Mapping[str, str]
    ) -> RequestNode:
        path = f"requests/{request_id}/keys"
        answer = _called(self._node(entry.node), "POST", path, body)
        share_key = parse_base64(answer.get("share_key")) or b""
        signature = parse_base64(answer.get("signature")) or b""
        try:
            signed = request_keys_body(
                request_id=request_id, index=entry.index, share_key=share_key[:POINT_BYTES]
            )
            verify(entry.identity_key, LABEL_REQUEST_KEYS, signed, signature)
        except ProtocolError:
            raise CliError(f"Node {entry.node}'s share key is not signed by it.") from None
        return RequestNode(
            node=entry.node,
            index=entry.index,
            name=entry.name,
            url=entry.url,
            identity_key=entry.identity_key,
            share_key=share_key,
        )

    def _node(self, name: str) -> Receiver:
        return self.federation.nodes[name]


def _called(
    node: Receiver, method: str, path: str, body: Mapping[str, object] | None
) -> JsonObject:
    try:
        return node.get(path) if body is None else node.send(method, path, body)
    except Refused as error:
        if error.code.startswith(_POLICY_CODES):
            sentence = refusal_sentence(f"{node.name}: {error.sentence}")
            raise NodeRefused(sentence) from error
        raise CliError(f"{node.name} refused: {error.sentence}") from error
