"""Take part in a request: verify it, consent with a fixed list, hand the list in, part by part.

Source: docs/protocol.md §19.6, §19.7, §19.12. Outbound calls only. Whatever was sent before is
not sent again: a node says how far it has got, and an interrupted upload goes on from there.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from time import monotonic, sleep

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connector.errors import ConnectorError, Misbehaved, Refused, Unreachable
from connector.http import JsonObject, Receiver
from connector.list_words import WordList
from connector.splitting import BucketFull, Prepared, Splitter
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.consent import (
    MOST_NONCES,
    Consent,
    SignedNonce,
    sign_consent,
    verify_nonces,
)
from mpcengine.protocol.contact import ContactPrepared
from mpcengine.protocol.contribution import (
    LARGEST_CHUNK,
    PartPlace,
    chunk_body,
    overflow_body,
)
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.nodesfile import NodesFile
from mpcengine.protocol.request_manifest import (
    RequestManifest,
    parse_signed_request_manifest,
    verify_signed_request_manifest,
)
from mpcengine.protocol.signedmanifest import check_nodes
from mpcengine.protocol.signing import LABEL_CHUNK, LABEL_OVERFLOW, sign
from mpcengine.protocol.strict import to_base64

POLL_SECONDS = 0.1
NONCE_NONE = "nonce.none"
OFFSET = "contribution.offset"
_CHUNK_TRIES = 5

Nodes = Mapping[str, Receiver]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerKeys:
    """Hold an owner's two private keys: to sign with, and to open private outcomes with."""

    sign: Ed25519PrivateKey = field(repr=False)
    seal: EllipticCurvePrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Act for one owner of a list in one request, towards all three nodes."""

    manifest: RequestManifest
    owner: int
    keys: OwnerKeys
    nodes: Nodes

    def consent(self, words: WordList) -> None:
        """Give the owner's consent with this list to every node; the same again is safe."""
        consent = Consent(
            manifest=self.manifest.digest, owner=self.owner, snapshot=words.snapshot
        )
        data, signature = sign_consent(self.keys.sign, consent)
        body = {"consent": to_base64(data), "signature": to_base64(signature)}
        self._each(lambda node, _index: node.send("POST", self._path("consents"), body))

    def contribute(
        self,
        words: WordList,
        folder: Path,
        *,
        seconds: float,
        number: int = 1,
        look: Callable[[], None] | None = None,
    ) -> Prepared:
        """Wait for the nonce, split, seal and hand in the list; return what was handed in.

        ``number`` is the least nonce that will do. A list that does not fit says so, drops
        nothing, and waits for the next nonce, three in all. Whenever a later nonce is drawn,
        for whomever, the list is to be handed in again. Raises ConnectorError, or BucketFull
        after the third.
        """
        while True:
            nonce = nonce_wait(
                self.nodes, self.manifest, number=number, seconds=seconds, look=look
            )
            splitter = Splitter(
                manifest=self.manifest, owner=self.owner, key=self.keys.sign, nonce=nonce
            )
            try:
                prepared = splitter.prepare(words, folder)
            except BucketFull:
                self.overflow(nonce.number)
                if nonce.number == MOST_NONCES:
                    raise
                number = nonce.number + 1
                continue
            self.hand_in(prepared)
            return prepared

    def hand_in(self, prepared: Prepared) -> None:
        """Send header and parts to every node, as far as they are not there yet."""
        body = {
            "header": to_base64(prepared.header),
            "signature": to_base64(prepared.signature),
        }

        def one(node: Receiver, index: int) -> None:
            state = node.send("POST", self._path("contributions"), body)
            for bucket in range(self.manifest.buckets):
                self._upload(node, index, bucket, prepared, _received(node, state, bucket))

        self._each(one)

    def contact(self, prepared: ContactPrepared) -> None:
        """Give every node this owner's word on contact; the same again is safe."""
        said = {
            "contact": to_base64(prepared.data),
            "signature": to_base64(prepared.signature),
        }

        def one(node: Receiver, index: int) -> None:
            body = {**said, "part": to_base64(prepared.parts[index - 1])}
            node.send("POST", self._path("contacts"), body)

        self._each(one)

    def _upload(
        self, node: Receiver, index: int, bucket: int, prepared: Prepared, start: int
    ) -> None:
        place = PartPlace(
            manifest=self.manifest.digest,
            owner=self.owner,
            number=prepared.number,
            bucket=bucket,
        )
        tries = _CHUNK_TRIES
        with prepared.part(bucket, index).open("rb") as file:
            offset = start
            while True:
                file.seek(offset)
                if not (chunk := file.read(LARGEST_CHUNK)):
                    return
                body = chunk_body(place, index=index, offset=offset, chunk=chunk)
                path = self._path(f"contributions/{self.owner}/{bucket}/{offset}")
                try:
                    node.put_signed(path, chunk, sign(self.keys.sign, LABEL_CHUNK, body))
                except Refused as refused:
                    # A chunk whose answer was lost is there already: ask how far it got.
                    if refused.code != OFFSET or not (tries := tries - 1):
                        raise
                    state = node.get(self._path(f"contributions/{self.owner}"))
                    offset = _received(node, state, bucket)
                    continue
                offset += len(chunk)

    def overflow(self, number: int) -> None:
        """Say to every node that the list does not fit this nonce: they draw another one."""
        body = overflow_body(self.manifest.digest, owner=self.owner, number=number)
        signature = to_base64(sign(self.keys.sign, LABEL_OVERFLOW, body))
        said = {"owner": self.owner, "number": number, "signature": signature}
        self._each(lambda node, _index: node.send("POST", self._path("overflow"), said))

    def _path(self, rest: str) -> str:
        return f"requests/{self.manifest.digest}/{rest}"

    def _each(self, work: Callable[[Receiver, int], object]) -> None:
        """Do something at the three nodes at once; raise the first error, by index."""
        with ThreadPoolExecutor(max_workers=3) as pool:
            calls = [
                pool.submit(work, self.nodes[terms.node], terms.index)
                for terms in self.manifest.nodes
            ]
        for call in calls:
            call.result()


def signed_request_check(answer: JSON, known: NodesFile) -> RequestManifest:
    """Return a request that all who must have signed, and that names the nodes you know.

    Raises ProtocolError. Where the request came from does not matter.
    """
    manifest = verify_signed_request_manifest(parse_signed_request_manifest(answer))
    check_nodes(manifest, known)
    return manifest


def request_fetch(nodes: Nodes, digest: Digest, known: NodesFile) -> RequestManifest:
    """Return a request that all five signed and that names the nodes of your nodes file.

    The first node that answers gives it; nothing of it is taken on trust. Raises
    ConnectorError.
    """
    failed: ConnectorError = Unreachable("The nodes", "No node can be reached.")
    for node in nodes.values():
        try:
            return _verified(node, digest, known, node.get(f"requests/{digest}"))
        except ConnectorError as error:
            failed = error
    raise failed


def nonce_wait(
    nodes: Nodes,
    manifest: RequestManifest,
    *,
    number: int,
    seconds: float,
    look: Callable[[], None] | None = None,
) -> SignedNonce:
    """Return the nonce, of this number or a later one, once three nodes have signed it.

    ``look`` may end the waiting by raising. Raises Misbehaved if they differ or signatures do
    not hold, Unreachable after ``seconds``.
    """
    deadline = monotonic() + seconds
    while True:
        if (found := nonce_now(nodes, manifest, number=number)) is not None:
            return found
        if monotonic() > deadline:
            raise Unreachable("The nodes", "The nodes do not draw the nonce in time.")
        if look is not None:
            look()
        sleep(POLL_SECONDS)


def nonce_now(nodes: Nodes, manifest: RequestManifest, *, number: int) -> SignedNonce | None:
    """Return the nonce, of this number or a later one, if three nodes have signed it by now.

    Raises Misbehaved if they differ or signatures do not hold.
    """
    found = [_nonce(nodes[terms.node], manifest) for terms in manifest.nodes]
    signed = [one for one in found if one is not None and one.number >= number]
    if len(signed) != len(found) or len({one.number for one in signed}) != 1:
        return None
    try:
        return verify_nonces(manifest, signed)
    except ProtocolError as error:
        raise Misbehaved("The nodes", f"The nodes' nonce: {error.sentence}") from None


def _nonce(node: Receiver, manifest: RequestManifest) -> SignedNonce | None:
    try:
        answer = node.get(f"requests/{manifest.digest}/nonce")
    except Refused as refused:
        if refused.status == HTTPStatus.NOT_FOUND and refused.code == NONCE_NONE:
            return None
        raise
    try:
        return SignedNonce.from_json(answer)
    except ProtocolError:
        raise Misbehaved(node.name, f"{node.name}'s nonce is none.") from None


def _received(node: Receiver, state: JsonObject, bucket: int) -> int:
    received = state.get("received")
    if isinstance(received, list) and bucket < len(received):
        found = received[bucket]
        if type(found) is int and found >= 0:
            return found
    raise Misbehaved(node.name, f"{node.name} did not say how much of the list it has.")


def _verified(
    node: Receiver, digest: Digest, known: NodesFile, answer: JsonObject
) -> RequestManifest:
    try:
        manifest = signed_request_check(answer, known)
    except ProtocolError as error:
        raise Misbehaved(node.name, f"{node.name}'s request: {error.sentence}") from None
    if manifest.digest != digest:
        raise Misbehaved(node.name, f"{node.name} gave out another request.")
    return manifest
