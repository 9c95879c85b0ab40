"""Carol, who coordinates, and a federation of doubles for her surveys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from booth.terms import booth_of
from mpcengine.protocol.envelope import share_public
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
from mpcengine.protocol.nodesfile import NODE_NAMES, NodesFile
from mpcengine.protocol.orders import build_order
from mpcengine.protocol.roster import (
    code_from_bytes,
    node_code,
    parse_code,
    roster_entry,
    roster_root,
)
from mpcengine.protocol.signedmanifest import SignedManifest
from mpcengine.protocol.signing import (
    LABEL_MANIFEST,
    LABEL_ORDER,
    point_bytes,
    public_bytes,
    sign,
)
from mpcengine.protocol.survey import parse_survey
from tests.mpcengine.node_double import NodeDouble, RelayDouble

CAROL = Ed25519PrivateKey.from_private_bytes(b"carol coordinates for thirty two")
CAROL_KEY = public_bytes(CAROL)
DEFINITION: dict[str, Any] = {
    "format": "drempel-survey/1",
    "title": {"en": "Resilience"},
    "min_count": 10,
    "unit": "person",
    "questions": [
        {
            "id": "sector",
            "kind": "single",
            "title": {"en": "Sector"},
            "required": True,
            "options": ["hospital", "gp", "other"],
        }
    ],
}


@dataclass(slots=True)
class Federation:
    """Three node doubles and a relay double, with the files that name them."""

    folder: Path
    nodes: list[NodeDouble] = field(default_factory=lambda: [NodeDouble(n) for n in NODE_NAMES])
    relay: RelayDouble = field(default_factory=RelayDouble)

    def write_files(self) -> None:
        (self.folder / "token").write_text("the-portal-token\n")
        file = NodesFile(nodes=tuple(node.entry for node in self.nodes))
        (self.folder / "nodes.json").write_text(json.dumps(file.to_json()))
        pem = self.relay.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "relay.pem").write_bytes(pem)

    def stop(self) -> None:
        for double in (*self.nodes, self.relay):
            double.die()


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A manifest with what its parties would have: codes, entries, signatures."""

    manifest: Manifest
    codes: list[str]
    rosters: dict[str, list[str]]
    signature: bytes
    signed: SignedManifest


def publish(
    federation: Federation, *, size: int = 30, survey_id: str = "0f" * 16, **terms: Any
) -> Published:
    """Build and sign a manifest as Carol and the three nodes would."""
    codes = [code_from_bytes(i.to_bytes(17, "big")) for i in range(1, size + 1)]
    rosters = _rosters(codes, survey_id)
    now = datetime.now(UTC).replace(microsecond=0)
    window = Window(opens=now - timedelta(hours=1), closes=now + timedelta(hours=1))
    manifest = build_manifest(
        ManifestTerms(
            **{
                "survey_id": survey_id,
                "survey": parse_survey(DEFINITION),
                "roster": Roster(kind="code", size=size, roots=_roots(rosters)),
                "timing": "normal",
                "issuing": window,
                "answering": window,
                "coordinator": Coordinator(name="Carol's council", key=CAROL_KEY),
                "relay": Relay(
                    url=federation.relay.url, key=public_bytes(federation.relay.key)
                ),
                "nodes": tuple(
                    _terms(node, terms.get("survey_id", survey_id)) for node in federation.nodes
                ),
                "booth": booth_of,
                **terms,
            }
        )
    )
    first, second, third = (
        sign(node.identity, LABEL_MANIFEST, manifest.raw) for node in federation.nodes
    )
    signature = sign(CAROL, LABEL_MANIFEST, manifest.raw)
    signed = SignedManifest(
        manifest=manifest.raw,
        coordinator_signature=signature,
        signatures=(first, second, third),
    )
    return Published(
        manifest=manifest, codes=codes, rosters=rosters, signature=signature, signed=signed
    )


def _rosters(codes: list[str], survey_id: str) -> dict[str, list[str]]:
    return {
        name: sorted(
            roster_entry(node_code(parse_code(code), survey_id, index)).hex() for code in codes
        )
        for index, name in enumerate(NODE_NAMES, start=1)
    }


def _roots(rosters: Mapping[str, list[str]]) -> tuple[str, ...]:
    return tuple(roster_root([bytes.fromhex(e) for e in rosters[n]]) for n in NODE_NAMES)


def order_of(manifest: Manifest, kind: str) -> tuple[bytes, bytes]:
    """Return an order and Carol's signature."""
    order = build_order(manifest.digest, kind)
    return order, sign(CAROL, LABEL_ORDER, order)


def _terms(node: NodeDouble, survey_id: str) -> NodeTerms:
    return NodeTerms(
        node=node.name,
        index=node.index,
        name=node.entry.name,
        url=node.url,
        identity_key=public_bytes(node.identity),
        share_key=share_public(node.share),
        outer_key=point_bytes(node.outer),
        issuer_key=node.issuer.public,
        issuer_proof=node.issuer.proof(survey_id, node.index, public_bytes(node.identity)),
    )
