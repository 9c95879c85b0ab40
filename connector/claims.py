"""Say by what right somebody asks a node for a token: an invitation code, or a partner's key.

Source: docs/protocol.md §8.1, §8.2. A partner signs what she asks for; a node that says it has
issued a token to her key already must show her signature, or is caught lying.
"""

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from connector.errors import Misbehaved, Refused
from connector.http import Receiver
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.manifest import ROSTER_KEY, Manifest, NodeTerms
from mpcengine.protocol.roster import node_code, parse_code
from mpcengine.protocol.signedrequest import SignedRequest, sign_request, verify_evidence
from mpcengine.protocol.strict import parse_base64, to_base64

ALREADY_ISSUED = "token.already_issued"

# A code as it is written, or a partner's private key.
Claim = str | EllipticCurvePrivateKey


def check_claim(manifest: Manifest, claim: Claim) -> None:
    """Raise MalformedInput if the claim is no code, or not what this survey asks for."""
    is_key = manifest.roster.kind == ROSTER_KEY
    if isinstance(claim, str):
        parse_code(claim)
    if isinstance(claim, str) == is_key:
        asked = "a partner's key" if is_key else "an invitation code"
        raise MalformedInput("claim.kind", f"This survey is answered with {asked}.")


def blind_signature_ask(
    node: Receiver, manifest: Manifest, terms: NodeTerms, claim: Claim, blinded: bytes
) -> bytes:
    """Return what a node answers to a blinded message: its signature, to be checked.

    Raises ConnectorError: Misbehaved for a node that says the key was used, and cannot show it.
    """
    body: dict[str, JSON] = {"manifest": manifest.digest, "blinded": to_base64(blinded)}
    if isinstance(claim, str):
        code = node_code(claim, manifest.survey_id, terms.index)
        return _asked(node, {**body, "code": to_base64(code)})
    request = sign_request(claim, manifest=manifest.digest, index=terms.index, blinded=blinded)
    body["partner_key"] = to_base64(request.key)
    body["signature"] = to_base64(request.signature)
    try:
        return _asked(node, body)
    except Refused as refused:
        if refused.code != ALREADY_ISSUED:
            raise
        raise _judged(node, refused, request) from None


def _asked(node: Receiver, body: dict[str, JSON]) -> bytes:
    return parse_base64(node.send("POST", "tokens", body).get("blind_signature")) or b""


def _judged(node: Receiver, refused: Refused, request: SignedRequest) -> Refused | Misbehaved:
    """Return what a refusal comes to once the evidence in it has been looked at."""
    try:
        verify_evidence(refused.evidence, request)
    except ProtocolError:
        return Misbehaved(
            node.name,
            f"{node.name} says that a token was issued to this key before, but does not show a "
            "request signed with it; tell its operator and the coordinator.",
        )
    return Refused(
        node.name,
        "A token was issued to this key before, and a request signed with it is shown: if you "
        "did not ask for one, somebody else has the key.",
        status=refused.status,
        code=refused.code,
        evidence=refused.evidence,
    )
