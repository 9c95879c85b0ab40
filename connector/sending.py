"""Send a finished package in its parcel: through the relay, or straight to the nodes.

Source: docs/protocol.md §8.4 to §8.6. Through the relay no node learns the address, and the
relay learns nothing of the package. Straight to the nodes each of them sees both, so that way
is for those to whom being counted matters more: a relay that is down or drops what it promised.
A parcel is made once, kept, and sent again as it is.
"""

import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from connector.errors import ConnectorError, Misbehaved, Refused, Unreachable
from connector.http import JsonObject, Receiver, code_of
from mpcengine.protocol.codec import pack_batch
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.manifest import Manifest, NodeTerms
from mpcengine.protocol.outer import CONTENT_KEY_BYTES, parcel_hash, seal_parcel
from mpcengine.protocol.package import Package
from mpcengine.protocol.receipt import (
    NodeAddress,
    Receipt,
    verify_confirmation,
    verify_promise,
)
from mpcengine.protocol.strict import parse_base64

CONFLICT = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Hold what is sent and kept: the parcel's bytes, and which package is in it."""

    package: str
    revision: int
    content: bytes = field(repr=False)


def package_wrap(manifest: Manifest, package: Package) -> Parcel:
    """Close a package for its way under a fresh content key; keep what this returns."""
    return Parcel(
        package=package.package_id,
        revision=package.revision,
        content=seal_parcel(
            manifest,
            package=package.encode(),
            content_key=secrets.token_bytes(CONTENT_KEY_BYTES),
        ),
    )


def package_send(relay: Receiver, manifest: Manifest, parcel: Parcel) -> Receipt:
    """Hand a parcel to the relay and return the receipt with its verified promise.

    Sending the same bytes again is safe. Raises Misbehaved if the promise does not hold.
    """
    answer = relay.send_octets("packages", parcel.content)
    promise = parse_base64(answer.get("promise")) or b""
    try:
        verify_promise(manifest.relay.key, manifest.digest, parcel.content, promise)
    except ProtocolError:
        sentence = f"{relay.name}'s promise to deliver the answer is not signed as it must be."
        raise Misbehaved(relay.name, sentence) from None
    return replace(_receipt(manifest, parcel), promise=promise)


def package_deliver(
    nodes: Mapping[str, Receiver],
    manifest: Manifest,
    parcel: Parcel,
    receipt: Receipt | None = None,
) -> Receipt:
    """Give a parcel to every node itself, and return the receipt with who confirmed it.

    ``receipt`` is what the relay's promise gave before, if it did. One node that confirms is
    enough for the package to count; ``Receipt.is_safe`` tells when two stores have signed.
    Raises the most telling ConnectorError where no node confirms.
    """
    names = [terms.node for terms in manifest.nodes if terms.node in nodes]
    with ThreadPoolExecutor(max_workers=3) as pool:
        found = list(
            pool.map(lambda name: _confirmed(nodes[name], manifest, name, parcel), names)
        )
    signed = {
        name: one for name, one in zip(names, found, strict=True) if isinstance(one, bytes)
    }
    if not signed:
        raise _worst([one for one in found if isinstance(one, ConnectorError)])
    known = receipt or _receipt(manifest, parcel)
    rows = (replace(n, confirmation=signed.get(n.node, n.confirmation)) for n in known.nodes)
    return replace(known, nodes=tuple(rows))


def _confirmed(
    node: Receiver, manifest: Manifest, name: str, parcel: Parcel
) -> bytes | ConnectorError:
    """Return a node's verified signature for the parcel, or why there is none."""
    try:
        answer = node.send_octets("packages", pack_batch([parcel.content]))
        return _confirmation(node, manifest.node(name), manifest, parcel, answer)
    except ConnectorError as error:
        return error


def _confirmation(
    node: Receiver, terms: NodeTerms, manifest: Manifest, parcel: Parcel, answer: JsonObject
) -> bytes:
    places = answer.get("answers")
    place = places[0] if isinstance(places, list) and len(places) == 1 else None
    if not isinstance(place, dict):
        raise Misbehaved(node.name, f"{node.name} did not say what became of the answer.")
    if place.get("state") != "taken":
        sentence = f"{node.name} does not take the answer."
        raise Refused(node.name, sentence, status=CONFLICT, code=code_of(place.get("code")))
    signature = parse_base64(place.get("confirmation")) or b""
    content = parcel_hash(parcel.content)
    try:
        verify_confirmation(
            terms.identity_key, manifest.digest, terms.index, content, signature
        )
    except ProtocolError:
        sentence = f"{node.name}'s confirmation is not signed as it must be."
        raise Misbehaved(node.name, sentence) from None
    return signature


def _worst(errors: list[ConnectorError]) -> ConnectorError:
    """Return the error that says most: a refusal, a lie, then silence."""
    for kind in (Refused, Misbehaved):
        for error in errors:
            if isinstance(error, kind):
                return error
    return errors[0] if errors else Unreachable("The nodes", "No node can be reached.")


def _receipt(manifest: Manifest, parcel: Parcel) -> Receipt:
    return Receipt(
        manifest=manifest.digest,
        package=parcel.package,
        revision=parcel.revision,
        content=parcel_hash(parcel.content).hex(),
        relay_url=manifest.relay.url,
        relay_key=manifest.relay.key,
        promise=b"",
        nodes=tuple(
            NodeAddress(node=terms.node, url=terms.url, identity_key=terms.identity_key)
            for terms in manifest.nodes
        ),
    )
