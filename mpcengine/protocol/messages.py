"""Wrap what nodes say to each other: who, to whom, about which job and stage.

Source: docs/protocol.md §15. A peer message is canonical JSON ``drempel-peer/1``; its signature
(LABEL_PEER) travels beside it. A stage message inside it carries a signature of its own, under
the stage's label, which outlives the transport and can be shown to others.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpcengine.protocol.canonical import Digest, canonical, parse_canonical
from mpcengine.protocol.codec import Reader, Writer
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import LABEL_PEER, SIGNATURE_BYTES, sign, verify
from mpcengine.protocol.strict import Fields, to_base64

PEER_FORMAT = "drempel-peer/1"
NONCE_BYTES = 16
LARGEST_BODY = 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerMessage:
    """Carry ``body`` from node ``sender`` to node ``receiver`` about ``job`` at ``epoch``.

    ``label`` says what the body is (``exchange``, ``packages``, …); ``epoch`` is the stage.
    ``nonce`` (16 bytes) is drawn for each question and repeated in its answer, so that an old
    answer answers nothing new.
    """

    label: str
    sender: str
    receiver: str
    job: Digest
    epoch: str
    nonce: bytes
    body: bytes

    def encode(self) -> bytes:
        """Return the canonical bytes; raise MalformedMessage if a field has a wrong form."""
        data = canonical(
            {
                "format": PEER_FORMAT,
                "label": self.label,
                "sender": self.sender,
                "receiver": self.receiver,
                "job": self.job,
                "epoch": self.epoch,
                "nonce": self.nonce.hex(),
                "body": to_base64(self.body),
            }
        )
        _parse(data)
        return data


def sign_peer_message(private: Ed25519PrivateKey, message: PeerMessage) -> tuple[bytes, bytes]:
    """Return the bytes of ``message`` and the sender's signature over them."""
    data = message.encode()
    return data, sign(private, LABEL_PEER, data)


def verify_peer_message(
    data: bytes, signature: bytes, *, sender: str, receiver: str, identity_key: bytes
) -> PeerMessage:
    """Return the message if ``sender`` signed it for ``receiver``.

    Raises BadSignature first, then MalformedMessage for another sender or receiver.
    """
    verify(identity_key, LABEL_PEER, data, signature)
    message = _parse(data)
    if message.sender != sender or message.receiver != receiver:
        raise MalformedMessage(
            "peer.addressee", "A node message is from or for another node than it should be."
        )
    return message


def peer_sender(data: bytes) -> str:
    """Return the sender a message claims, to choose the key it must verify under."""
    return _parse(data).sender


def pack_signed(body: bytes, signature: bytes) -> bytes:
    """Join a stage message's body and its signature: u32 length ‖ body ‖ signature."""
    return Writer().prefixed(body).fixed(signature, SIGNATURE_BYTES).end()


def unpack_signed(data: bytes) -> tuple[bytes, bytes]:
    """Take apart what ``pack_signed`` joined; raise MalformedMessage if it is not that."""
    reader = Reader(data)
    body = reader.prefixed(LARGEST_BODY)
    signature = reader.fixed(SIGNATURE_BYTES)
    reader.end()
    return body, signature


def _parse(data: bytes) -> PeerMessage:
    top = Fields(
        parse_canonical(data),
        required=("format", "label", "sender", "receiver", "job", "epoch", "nonce", "body"),
    )
    top.choice("format", (PEER_FORMAT,))
    return PeerMessage(
        label=top.text("label", longest=60),
        sender=top.choice("sender", NODE_NAMES),
        receiver=top.choice("receiver", NODE_NAMES),
        job=top.digest("job"),
        epoch=top.text("epoch", longest=60),
        nonce=bytes.fromhex(top.hexadecimal("nonce", NONCE_BYTES)),
        body=top.data("body"),
    )
