"""Answer a survey: fetch and verify the manifest, get three tokens, seal the package.

A token is signed blindly: what a node sees of the request fits every token it ever issues.

Source: docs/protocol.md §8. An attempt is a value that moves in three steps, and each step's
outcome is to be kept before the next one begins: finished bytes are sent again, never made
again (corrections B3). ``connector.attempt`` keeps them in a file.
"""

import secrets
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from connector.claims import Claim, blind_signature_ask, check_claim
from connector.errors import Misbehaved
from connector.http import Receiver
from mpcengine.protocol.blindrsa import SALT_BYTES
from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.eligibility import token_blind, token_finish
from mpcengine.protocol.envelope import seal_envelope
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.manifest import Manifest, NodeTerms
from mpcengine.protocol.nodesfile import NodesFile
from mpcengine.protocol.package import Package, Three, sign_package
from mpcengine.protocol.sharing import ShareVectors, split
from mpcengine.protocol.signedmanifest import parse_signed_manifest, verify_signed_manifest
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from mpcengine.protocol.validity_prover import prove


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDraw:
    """Hold what is drawn for a ticket, all secret: the one-time key, and what blinds it.

    A salt (48 bytes) and a factor (1 … n-1) for each node in order of index. Kept until the
    ticket is there, so that a node that is asked again is asked for the same; then forgotten.
    """

    private: EllipticCurvePrivateKey
    salts: Three = field(repr=False)
    factors: tuple[int, int, int] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Hold a respondent's one-time key and the three tokens on it: the right to answer once."""

    private: EllipticCurvePrivateKey
    tokens: Three


def manifest_fetch(relay: Receiver, survey_id: str, nodes: NodesFile | None) -> Manifest:
    """Return the survey's manifest if the coordinator and the three nodes have signed it.

    With ``nodes`` the nodes' identity keys must be those of the file. Raises Misbehaved if a
    signature does not hold or the manifest is of another survey; else ConnectorError.
    """
    found = relay.get(f"manifests/{survey_id}")
    try:
        manifest = verify_signed_manifest(parse_signed_manifest(found), nodes)
    except ProtocolError as error:
        raise Misbehaved(relay.name, f"{relay.name}'s manifest: {error.sentence}") from error
    if manifest.survey_id != survey_id:
        raise Misbehaved(relay.name, f"{relay.name} gave the manifest of another survey.")
    return manifest


def ticket_draw(manifest: Manifest) -> TicketDraw:
    """Draw a fresh one-time key and the blinding of its three tokens."""
    first, second, third = (1 + _below(key) for key in manifest.issuer_keys)
    return TicketDraw(
        private=generate_p256_key(),
        salts=(
            secrets.token_bytes(SALT_BYTES),
            secrets.token_bytes(SALT_BYTES),
            secrets.token_bytes(SALT_BYTES),
        ),
        factors=(first, second, third),
    )


def ticket_fetch(
    nodes: Mapping[str, Receiver],
    manifest: Manifest,
    claim: Claim,
    drawn: TicketDraw | None = None,
) -> Ticket:
    """Exchange a code, or a partner's right, at each of three nodes for a token on one key.

    ``nodes`` maps node names to receivers. ``drawn`` is what an earlier, unfinished try drew,
    and the caller has kept: a claim serves one draw only. Raises MalformedInput for what is no
    code or not this survey's kind of claim, Refused if a node does not know it, Misbehaved for
    a token that does not hold or a refusal without evidence.
    """
    check_claim(manifest, claim)
    own = ticket_draw(manifest) if drawn is None else drawn
    first, second, third = (
        _token_fetch(nodes[terms.node], manifest, terms, claim, own) for terms in manifest.nodes
    )
    return Ticket(private=own.private, tokens=(first, second, third))


def package_seal(
    manifest: Manifest,
    ticket: Ticket,
    record: Sequence[int],
    revision: int = 0,
    texts: Sequence[int] = (),
) -> Package:
    """Prove a record, split the report, seal a share to each node, and sign it all.

    ``record`` is what ``encoding.encode_answers`` returned, ``texts`` what ``encode_texts``
    did. Every call draws seeds and slopes
    anew and keeps none of them: two revisions from the same would be one report under two
    coins. Keep the package's bytes and send them only; a correction is a higher ``revision``
    (0 to 7).
    """
    plan = manifest.layout.proof
    report = prove(plan, record, random_elements(plan.seeds), texts)
    return shares_seal(manifest, ticket, split(report, random_elements(len(report))), revision)


def shares_seal(
    manifest: Manifest, ticket: Ticket, shares: ShareVectors, revision: int = 0
) -> Package:
    """Seal each node's share vector of a report to that node, and sign the package."""
    point = point_bytes(ticket.private)
    first, second, third = (
        seal_envelope(
            terms.share_key,
            manifest=manifest.digest,
            index=terms.index,
            one_time_key=point,
            revision=revision,
            share=pack_vector(share),
        )
        for terms, share in zip(manifest.nodes, shares, strict=True)
    )
    return sign_package(
        ticket.private,
        manifest=manifest.digest,
        revision=revision,
        tokens=ticket.tokens,
        envelopes=(first, second, third),
    )


def random_elements(count: int) -> list[int]:
    """Return ``count`` uniform field elements from the system's generator."""
    drawn: list[int] = []
    while len(drawn) < count:
        missing = count - len(drawn)
        words = struct.unpack(f"<{missing}Q", secrets.token_bytes(8 * missing))
        # 61 bits are uniform below 2^61; the one value that is no element is drawn again.
        drawn += [word & MODULUS for word in words if word & MODULUS != MODULUS]
    return drawn


def _token_fetch(
    node: Receiver, manifest: Manifest, terms: NodeTerms, claim: Claim, drawn: TicketDraw
) -> bytes:
    place, point = terms.index - 1, point_bytes(drawn.private)
    blinded = token_blind(
        terms.issuer_key,
        manifest.digest,
        point,
        salt=drawn.salts[place],
        factor=drawn.factors[place],
    )
    signed = blind_signature_ask(node, manifest, terms, claim, blinded.message)
    try:
        return token_finish(terms.issuer_key, manifest.digest, point, blinded, signed)
    except ProtocolError:
        raise Misbehaved(node.name, f"{node.name}'s token does not hold.") from None


def _below(modulus: bytes) -> int:
    """Return a uniform number 0 … n-2."""
    return secrets.randbelow(int.from_bytes(modulus, "big") - 1)
