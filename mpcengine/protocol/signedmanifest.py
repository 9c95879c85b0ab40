"""Hold a manifest with the signatures that make it a job.

Source: docs/protocol.md §9. The bytes stay opaque: what was signed is what was received.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mpcengine.protocol.canonical import JSON, Digest, digest
from mpcengine.protocol.errors import BadSignature, PolicyRefused
from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.nodesfile import NODE_NAMES, NodesFile
from mpcengine.protocol.signing import LABEL_MANIFEST, SIGNATURE_BYTES, verify
from mpcengine.protocol.strict import Fields, to_base64


class NamedNode(Protocol):
    """What every manifest says of a node."""

    @property
    def node(self) -> str:
        """``a``, ``b`` or ``c``."""

    @property
    def name(self) -> str:
        """The operator's name for it."""

    @property
    def url(self) -> str:
        """Its address."""

    @property
    def identity_key(self) -> bytes:
        """Its identity key, 32 bytes."""


class NamesNodes(Protocol):
    """A manifest of any kind."""

    @property
    def nodes(self) -> Sequence[NamedNode]:
        """The three nodes, in order of index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedManifest:
    """Carry a manifest's bytes, the coordinator's and three nodes' signatures (by index)."""

    manifest: bytes
    coordinator_signature: bytes
    signatures: tuple[bytes, bytes, bytes]

    @property
    def digest(self) -> Digest:
        """Return the digest of the manifest's bytes."""
        return digest(self.manifest)

    def to_json(self) -> dict[str, JSON]:
        """Return {manifest, coordinator_signature, signatures: {a, b, c}}, all base64."""
        named = zip(NODE_NAMES, self.signatures, strict=True)
        return {
            "manifest": to_base64(self.manifest),
            "coordinator_signature": to_base64(self.coordinator_signature),
            "signatures": {name: to_base64(signature) for name, signature in named},
        }


def parse_signed_manifest(obj: JSON, where: str = "") -> SignedManifest:
    """Read a signed manifest's JSON form; raise MalformedMessage. Verifies nothing yet."""
    keys = ("manifest", "coordinator_signature", "signatures")
    top = Fields(obj, where, required=keys)
    signatures = top.fields("signatures", required=NODE_NAMES)
    first, second, third = (signatures.data(name, SIGNATURE_BYTES) for name in NODE_NAMES)
    return SignedManifest(
        manifest=top.data("manifest"),
        coordinator_signature=top.data("coordinator_signature", SIGNATURE_BYTES),
        signatures=(first, second, third),
    )


def verify_coordinator(data: bytes, coordinator_signature: bytes) -> Manifest:
    """Return the manifest if the coordinator named in it signed it.

    Raises MalformedMessage, MalformedInput or BadSignature. Whether that coordinator may ask
    anything is the operator's policy (``policy.check_policy``).
    """
    manifest = parse_manifest(data)
    verify(manifest.coordinator.key, LABEL_MANIFEST, data, coordinator_signature)
    return manifest


def verify_signed_manifest(signed: SignedManifest, nodes: NodesFile | None = None) -> Manifest:
    """Return the manifest if the coordinator and all three nodes named in it signed it.

    With ``nodes``, the manifest must name the nodes of the file: only that says who they are.
    Raises MalformedMessage, MalformedInput, BadSignature or PolicyRefused.
    """
    manifest = verify_coordinator(signed.manifest, signed.coordinator_signature)
    for terms, signature in zip(manifest.nodes, signed.signatures, strict=True):
        verify(terms.identity_key, LABEL_MANIFEST, signed.manifest, signature)
    if nodes is not None:
        check_nodes(manifest, nodes)
    return manifest


def check_nodes(manifest: NamesNodes, nodes: NodesFile) -> None:
    """Raise unless the manifest names the keys, addresses and names of the nodes file.

    Respondents are sent where the manifest says, and read there who computes. Raises
    BadSignature for another key, PolicyRefused for another address or name.
    """
    check_node_keys(manifest, nodes)
    for terms in manifest.nodes:
        entry = nodes.named(terms.node)
        if (entry.url, entry.name) != (terms.url, terms.name):
            raise PolicyRefused(
                "manifest.addresses",
                f"The manifest gives node {terms.node} another address or name than the "
                "nodes file.",
            )


def check_node_keys(manifest: NamesNodes, nodes: NodesFile) -> None:
    """Raise BadSignature unless the manifest names the identity keys of the nodes file."""
    for terms in manifest.nodes:
        if nodes.named(terms.node).identity_key != terms.identity_key:
            raise BadSignature(
                "manifest.nodes",
                f"The manifest gives node {terms.node} another key than the nodes file.",
            )
