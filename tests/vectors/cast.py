"""Keys, a survey and a finished job that are the same on every machine, for vectors and tests.

Every key is derived from its name; none may be used anywhere else.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from mpcengine.protocol.boothpage import Booth, integrity, release_of
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.envelope import envelope_info, share_public
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.manifest import (
    Coordinator,
    Manifest,
    ManifestTerms,
    NodeTerms,
    Relay,
    Roster,
    Window,
    build_manifest,
)
from mpcengine.protocol.nodesfile import NODE_NAMES, NodeEntry, NodesFile
from mpcengine.protocol.package import Package, Three, package_body
from mpcengine.protocol.roster import code_from_bytes, node_code, roster_entry, roster_root
from mpcengine.protocol.signedmanifest import SignedManifest
from mpcengine.protocol.signing import (
    LABEL_MANIFEST,
    LABEL_PACKAGE,
    p256_from_scalar,
    point_bytes,
    public_bytes,
    sign,
    signed_bytes,
)
from mpcengine.protocol.survey import parse_survey
from tests.vectors.hpke_reference import seal
from tests.vectors.issuers import Issuer, issuer

SURVEY_ID = "00112233445566778899aabbccddeeff"
ROSTER_SIZE = 60
SURVEY: dict[str, JSON] = {
    "format": "drempel-survey/1",
    "title": {"en": "ICT resilience"},
    "min_count": 5,
    "questions": [
        {
            "id": "sector",
            "kind": "single",
            "title": {"en": "Sector"},
            "required": True,
            "options": ["hospital", "gp", "other"],
        },
        {
            "id": "tools",
            "kind": "multiple",
            "title": {"en": "Tools"},
            "options": ["siem", "edr", "none"],
            "min": 0,
            "max": 3,
        },
        {
            "id": "incidents",
            "kind": "number",
            "title": {"en": "Incidents"},
            "min": 0,
            "max": 500,
            "bins": [0, 1, 5, 20],
        },
        {"id": "trust", "kind": "scale", "title": {"en": "Trust"}, "min": 1, "max": 3},
        {
            "id": "priorities",
            "kind": "ranking",
            "title": {"en": "Priorities"},
            "required": True,
            "options": ["people", "money", "law"],
        },
    ],
    "show_if": {"tools": {"var": "sector", "op": "=", "value": "hospital"}},
    "tables": [{"questions": ["sector", "trust"]}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Hold the parties' private keys and what they agreed on."""

    coordinator: Ed25519PrivateKey
    relay: Ed25519PrivateKey
    identity: tuple[Ed25519PrivateKey, ...]
    issuer: tuple[Issuer, ...]
    share: tuple[EllipticCurvePrivateKey, ...]
    outer: tuple[EllipticCurvePrivateKey, ...]
    manifest: Manifest
    signed: SignedManifest
    nodes: NodesFile


def seed(name: str) -> bytes:
    """Return 32 bytes that depend on the name only."""
    return hashlib.sha256(b"drempel test vectors: " + name.encode()).digest()


def ed25519(name: str) -> Ed25519PrivateKey:
    """Return the Ed25519 key of this name."""
    return Ed25519PrivateKey.from_private_bytes(seed(name))


def p256(name: str) -> EllipticCurvePrivateKey:
    """Return the P-256 key of this name."""
    return p256_from_scalar(seed(name))


def element(name: str) -> int:
    """Return the field element of this name."""
    return int.from_bytes(seed(name)[:8], "big") % MODULUS


def codes() -> list[str]:
    """Return every invitation code of the survey."""
    return [code_from_bytes(seed(f"code {i}")[:17]) for i in range(ROSTER_SIZE)]


def roster(index: int) -> list[bytes]:
    """Return node ``index``'s roster, sorted."""
    return sorted(roster_entry(node_code(code, SURVEY_ID, index)) for code in codes())


def node_terms(index: int) -> NodeTerms:
    """Return the manifest's section for one node."""
    name = NODE_NAMES[index - 1]
    identity, issuing = public_bytes(ed25519(f"identity {index}")), issuer(f"issuer {index}")
    return NodeTerms(
        node=name,
        index=index,
        name=f"Operator {name.upper()}",
        url=f"http://127.0.0.1:900{index}",
        identity_key=identity,
        share_key=share_public(p256(f"share {index}")),
        outer_key=point_bytes(p256(f"outer {index}")),
        issuer_key=issuing.public,
        issuer_proof=issuing.proof(SURVEY_ID, index, identity),
    )


def booth(document: Mapping[str, JSON]) -> Booth:
    """Return an invented booth: its files never change, as the real one's do."""
    files = {
        path: integrity(f"drempel test vectors: {path}".encode())
        for path in ("booth/app.js", "protocol/bytes.js", "style/base.css")
    }
    pages = {
        language: integrity(f"{language} {document['survey_id']}".encode())
        for language in ("en", "nl")
    }
    return Booth(release=release_of(files), files=files, pages=pages)


def terms(definition: JSON = None) -> ManifestTerms:
    """Return the terms of the sample manifest, or of one with another survey."""
    day = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    return ManifestTerms(
        survey_id=SURVEY_ID,
        survey=parse_survey(SURVEY if definition is None else definition),
        roster=Roster(
            kind="code",
            size=ROSTER_SIZE,
            roots=tuple(roster_root(roster(index)) for index in (1, 2, 3)),
        ),
        timing="strict",
        issuing=Window(opens=day, closes=day.replace(day=12)),
        answering=Window(opens=day.replace(day=12), closes=day.replace(day=26)),
        coordinator=Coordinator(name="Carol", key=public_bytes(ed25519("coordinator"))),
        relay=Relay(url="http://127.0.0.1:9000", key=public_bytes(ed25519("relay"))),
        nodes=tuple(node_terms(index) for index in (1, 2, 3)),
        booth=booth,
    )


def sign_manifest(manifest: Manifest) -> SignedManifest:
    """Return the manifest signed by everybody who must."""
    first, second, third = (
        sign(ed25519(f"identity {index}"), LABEL_MANIFEST, manifest.raw) for index in (1, 2, 3)
    )
    return SignedManifest(
        manifest=manifest.raw,
        coordinator_signature=sign(ed25519("coordinator"), LABEL_MANIFEST, manifest.raw),
        signatures=(first, second, third),
    )


@cache
def cast() -> Cast:
    """Return the sample job's parties."""
    manifest = build_manifest(terms())
    return Cast(
        coordinator=ed25519("coordinator"),
        relay=ed25519("relay"),
        identity=tuple(ed25519(f"identity {index}") for index in (1, 2, 3)),
        issuer=tuple(issuer(f"issuer {index}") for index in (1, 2, 3)),
        share=tuple(p256(f"share {index}") for index in (1, 2, 3)),
        outer=tuple(p256(f"outer {index}") for index in (1, 2, 3)),
        manifest=manifest,
        signed=sign_manifest(manifest),
        nodes=NodesFile(
            nodes=tuple(
                NodeEntry(
                    node=node.node,
                    index=node.index,
                    name=node.name,
                    url=node.url,
                    identity_key=node.identity_key,
                    pin=None,
                )
                for node in manifest.nodes
            )
        ),
    )


def repeatable_signature(private: EllipticCurvePrivateKey, label: bytes, body: bytes) -> bytes:
    """Return the ECDSA signature with the nonce of RFC 6979, as r ‖ s."""
    scheme = ECDSA(SHA256(), deterministic_signing=True)
    r, s = decode_dss_signature(private.sign(signed_bytes(label, body), scheme))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def package(name: str, shares: Three, *, revision: int = 0) -> Package:
    """Return the repeatable package of respondent ``name`` for the sample survey."""
    private = p256(f"one-time {name}")
    key = point_bytes(private)
    digest = cast().manifest.digest
    tokens = tuple(one.token(digest, key) for one in cast().issuer)
    envelopes = tuple(
        seal(
            share_public(cast().share[index - 1]),
            p256(f"ephemeral {name} {revision} {index}"),
            info=envelope_info(
                manifest=digest, index=index, one_time_key=key, revision=revision
            ),
            aad=b"",
            plaintext=share,
        )
        for index, share in enumerate(shares, start=1)
    )
    unsigned = Package(
        manifest=digest,
        one_time_key=key,
        revision=revision,
        tokens=(tokens[0], tokens[1], tokens[2]),
        envelopes=(envelopes[0], envelopes[1], envelopes[2]),
        signature=bytes(64),
    )
    return resign(unsigned, name)


def resign(unsigned: Package, name: str) -> Package:
    """Return the package signed again by respondent ``name``'s one-time key."""
    body = package_body(
        manifest=unsigned.manifest,
        one_time_key=unsigned.one_time_key,
        revision=unsigned.revision,
        tokens=unsigned.tokens,
        envelopes=unsigned.envelopes,
    )
    signature = repeatable_signature(p256(f"one-time {name}"), LABEL_PACKAGE, body)
    return replace(unsigned, signature=signature)
