"""Publish a survey to nodes and answer it, without portal and relay."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from booth.terms import booth_of
from connector.respondent import Ticket, package_seal
from mpcengine.protocol.blindrsa import SALT_BYTES, Blinded
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.eligibility import token_blind
from mpcengine.protocol.encoding import encode_answers, encode_texts
from mpcengine.protocol.manifest import (
    ROSTER_CODE,
    ROSTER_KEY,
    BoothMaker,
    Coordinator,
    Manifest,
    ManifestTerms,
    NodeTerms,
    Relay,
    Roster,
    Window,
    build_manifest,
)
from mpcengine.protocol.nodesfile import NodeEntry
from mpcengine.protocol.orders import build_order, prepare_body
from mpcengine.protocol.package import Package
from mpcengine.protocol.partners import Partner, PartnersFile, partner_entry
from mpcengine.protocol.roster import (
    code_from_bytes,
    node_code,
    roster_entry,
    roster_root,
)
from mpcengine.protocol.signing import (
    LABEL_MANIFEST,
    LABEL_ORDER,
    LABEL_PREPARE,
    generate_p256_key,
    point_bytes,
    public_bytes,
    sign,
)
from mpcengine.protocol.survey import parse_survey

COLOURS = ("red", "green", "blue")


def colour_survey(**changes: JSON) -> JSON:
    """Return a survey of one question with three options, min_count 2."""
    return {
        "format": "drempel-survey/1",
        "title": {"en": "Colours"},
        "min_count": 2,
        "questions": [
            {
                "id": "colour",
                "kind": "single",
                "title": {"en": "Which?"},
                "required": True,
                "options": list(COLOURS),
            }
        ],
        **changes,
    }


def cross_survey() -> JSON:
    """Return a survey with a number, a cross-table and a multiple choice: two rounds."""
    questions = [
        {
            "id": "colour",
            "kind": "single",
            "title": {"en": "Which?"},
            "required": True,
            "options": list(COLOURS),
        },
        {
            "id": "size",
            "kind": "single",
            "title": {"en": "How big?"},
            "required": True,
            "options": ["small", "large"],
        },
        {
            "id": "age",
            "kind": "number",
            "title": {"en": "How old?"},
            "required": True,
            "min": 0,
            "max": 100,
            "bins": [0, 50],
        },
    ]
    return colour_survey(questions=questions, tables=[{"questions": ["colour", "size"]}])


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeKeys:
    """A node's two public keys of one survey."""

    share_key: bytes
    outer_key: bytes
    issuer_key: bytes
    issuer_proof: bytes


@dataclass(slots=True, kw_only=True)
class Draft:
    """A survey on its way to the nodes: its id, codes, rosters, coordinator."""

    coordinator: Ed25519PrivateKey
    definition: JSON
    invited: int
    timing: str = "normal"
    max_inconsistent: int | None = None
    opens: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=1))
    survey_id: str = field(default_factory=lambda: secrets.token_hex(16))
    codes: list[str] = field(default_factory=list)
    # Partners' keys, where the roster is of kind "key"; ``invited`` is then their number.
    partners: Sequence[EllipticCurvePrivateKey] = ()
    booth: BoothMaker = booth_of

    def __post_init__(self) -> None:
        if self.partners:
            self.invited = len(self.partners)
            return
        self.codes = [code_from_bytes(secrets.token_bytes(17)) for _ in range(self.invited)]

    @property
    def prepare_signature(self) -> bytes:
        """Return the coordinator's word that keys may be made."""
        return sign(self.coordinator, LABEL_PREPARE, prepare_body(self.survey_id))

    def roster(self, index: int) -> list[bytes]:
        """Return one node's entries, ascending."""
        if self.partners:
            return sorted(partner_entry(point_bytes(one)) for one in self.partners)
        return sorted(
            roster_entry(node_code(code, self.survey_id, index)) for code in self.codes
        )

    def manifest(self, entries: Sequence[NodeEntry], keys: Mapping[str, NodeKeys]) -> Manifest:
        """Return the manifest for these nodes."""
        opens, day = self.opens, timedelta(days=1)
        answering = opens + day if self.timing == "strict" else opens
        return build_manifest(
            ManifestTerms(
                survey_id=self.survey_id,
                survey=parse_survey(self.definition),
                roster=Roster(
                    kind=ROSTER_KEY if self.partners else ROSTER_CODE,
                    size=self.invited,
                    roots=tuple(roster_root(self.roster(index)) for index in (1, 2, 3)),
                ),
                timing=self.timing,
                issuing=Window(opens=opens, closes=opens + day),
                answering=Window(opens=answering, closes=opens + 2 * day),
                coordinator=Coordinator(name="Carol", key=public_bytes(self.coordinator)),
                relay=Relay(url="http://127.0.0.1:9", key=_relay_key()),
                nodes=tuple(
                    NodeTerms(
                        node=entry.node,
                        index=entry.index,
                        name=entry.name,
                        url=entry.url,
                        identity_key=entry.identity_key,
                        share_key=keys[entry.node].share_key,
                        outer_key=keys[entry.node].outer_key,
                        issuer_key=keys[entry.node].issuer_key,
                        issuer_proof=keys[entry.node].issuer_proof,
                    )
                    for entry in entries
                ),
                booth=self.booth,
                max_inconsistent=self.max_inconsistent,
            )
        )

    def sign_manifest(self, manifest: Manifest) -> bytes:
        """Return the coordinator's signature under a manifest."""
        return sign(self.coordinator, LABEL_MANIFEST, manifest.raw)

    def order(self, manifest: Manifest, kind: str) -> tuple[bytes, bytes]:
        """Return an order and the coordinator's signature."""
        body = build_order(manifest.digest, kind)
        return body, sign(self.coordinator, LABEL_ORDER, body)


def partners_file(keys: Sequence[EllipticCurvePrivateKey]) -> JSON:
    """Return the partners file of these keys, named by their number."""
    named = enumerate(keys, start=1)
    return PartnersFile(
        partners=tuple(Partner(name=f"Partner {i}", key=point_bytes(key)) for i, key in named)
    ).to_json()


# Of the relay in every manifest made here; only tests that play the relay sign with it.
RELAY_KEY = bytes(range(32))
TokenCall = Callable[[NodeTerms, bytes, bytes], bytes]


def ticket(draft: Draft, manifest: Manifest, code: str, token_of: TokenCall) -> Ticket:
    """Exchange a code for three tokens; ``token_of`` asks one node."""
    private = generate_p256_key()
    point = point_bytes(private)
    first, second, third = (
        token_of(terms, node_code(code, draft.survey_id, terms.index), point)
        for terms in manifest.nodes
    )
    return Ticket(private=private, tokens=(first, second, third))


def blind(terms: NodeTerms, manifest: Manifest, point: bytes) -> Blinded:
    """Return what a respondent asks one node to sign."""
    return token_blind(
        terms.issuer_key,
        manifest.digest,
        point,
        salt=secrets.token_bytes(SALT_BYTES),
        factor=1 + secrets.randbelow(int.from_bytes(terms.issuer_key, "big") - 1),
    )


def package(
    manifest: Manifest, owned: Ticket, answers: Mapping[str, JSON], revision: int = 0
) -> Package:
    """Return a respondent's sealed package."""
    record = encode_answers(manifest.layout, answers)
    texts = encode_texts(manifest.layout, answers)
    return package_seal(manifest, owned, record, revision, texts)


def _relay_key() -> bytes:
    return public_bytes(Ed25519PrivateKey.from_private_bytes(RELAY_KEY))
