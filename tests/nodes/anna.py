"""Anna's node alone, in this process; the keys of Bram's and Chris's nodes are the test's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connector.sending import package_wrap
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.eligibility import token_finish
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.manifest import Manifest, NodeTerms, parse_manifest
from mpcengine.protocol.nodesfile import NodeEntry, NodesFile
from mpcengine.protocol.package import Package
from mpcengine.protocol.policy import default_policy
from mpcengine.protocol.signing import LABEL_MANIFEST, generate_p256_key, point_bytes, sign
from nodes.keystore import wrapping_key_make
from nodes.models import Job
from nodes.services.intake import TAKEN, Place, parcels_accept
from nodes.services.manifests import manifest_accept, manifest_open
from nodes.services.orders import order_accept
from nodes.services.survey_keys import survey_keys_create
from nodes.services.tokens import token_issue_once
from tests.nodes.publishing import Draft, NodeKeys, blind, package, partners_file, ticket
from tests.people import CAROL, OPERATORS, Operator
from tests.vectors.issuers import Issuer, fresh_issuer


@dataclass(slots=True, kw_only=True)
class Anna:
    """What a test holds besides Anna's node: files, and the two other nodes' issuer keys."""

    folder: Path
    issuers: dict[str, Issuer] = field(default_factory=dict)

    @property
    def entries(self) -> tuple[NodeEntry, ...]:
        """Return the three nodes as the nodes file names them."""
        return tuple(
            NodeEntry(
                node=one.node,
                index=one.index,
                name=f"{one.name}'s node",
                url=f"http://127.0.0.1:{one.index}",
                identity_key=one.public_key,
                pin=None,
            )
            for one in OPERATORS
        )

    def write_files(self) -> None:
        """Write identity key, wrapping key, nodes file and policy."""
        wrapping_key_make()
        pem = OPERATORS[0].signing_key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        (self.folder / "identity.pem").write_bytes(pem)
        nodes = NodesFile(nodes=self.entries).to_json()
        (self.folder / "nodes.json").write_text(json.dumps(nodes))
        self.write_policy({})

    def write_policy(self, changes: dict[str, JSON]) -> None:
        """Write the operator's policy: Carol may ask, floors as in embedded tests."""
        policy = default_policy(coordinators=(CAROL.public_key,), test=True).to_json() | changes
        (self.folder / "policy.json").write_text(json.dumps(policy))

    def confirm(self, partners: Sequence[EllipticCurvePrivateKey]) -> None:
        """Write the file of partners that Anna has confirmed."""
        (self.folder / "partners.json").write_text(json.dumps(partners_file(partners)))

    def draft(
        self,
        definition: JSON,
        invited: int = 3,
        timing: str = "normal",
        partners: Sequence[EllipticCurvePrivateKey] = (),
    ) -> Draft:
        """Return a survey of Carol's."""
        return Draft(
            coordinator=CAROL.signing_key,
            definition=definition,
            invited=invited,
            timing=timing,
            partners=partners,
        )

    def manifest(self, draft: Draft) -> Manifest:
        """Have Anna's keys made and return the manifest."""
        own = survey_keys_create(
            survey_id=draft.survey_id,
            coordinator=CAROL.public_key,
            signature=draft.prepare_signature,
        )
        keys = {one.node: self.made_keys(draft, one) for one in OPERATORS[1:]}
        keys["a"] = NodeKeys(
            share_key=own.share_key,
            outer_key=own.outer_key,
            issuer_key=own.issuer_key,
            issuer_proof=own.issuer_proof,
        )
        return draft.manifest(self.entries, keys)

    def made_keys(self, draft: Draft, one: Operator, issuing: Issuer | None = None) -> NodeKeys:
        """Return keys of a survey that the test makes for an operator."""
        self.issuers[one.node] = found = issuing or fresh_issuer()
        return NodeKeys(
            share_key=share_public(generate_share_key()),
            outer_key=point_bytes(generate_p256_key()),
            issuer_key=found.public,
            issuer_proof=found.proof(draft.survey_id, one.index, one.public_key),
        )

    def accept(self, draft: Draft, manifest: Manifest) -> bytes:
        """Return Anna's signature under a manifest."""
        return manifest_accept(
            manifest=manifest.raw,
            coordinator_signature=draft.sign_manifest(manifest),
            roster=draft.roster(1),
        )

    def signatures(self, manifest: Manifest) -> dict[str, bytes]:
        """Return the three operators' signatures."""
        return {
            one.node: sign(one.signing_key, LABEL_MANIFEST, manifest.raw) for one in OPERATORS
        }

    def open(self, draft: Draft) -> tuple[Manifest, Job]:
        """Open a survey at Anna's node."""
        manifest = self.manifest(draft)
        self.accept(draft, manifest)
        job = manifest_open(digest=manifest.digest, signatures=self.signatures(manifest))
        return manifest, job

    def token(self, terms: NodeTerms, manifest: Manifest, code: bytes, point: bytes) -> bytes:
        """Return a node's token: Anna's from her node, the others' from the test's keys."""
        if terms.node != "a":
            return self.issuers[terms.node].token(manifest.digest, point)
        blinded = blind(terms, manifest, point)
        signed = token_issue_once(
            digest=manifest.digest, node_code=code, blinded=blinded.message, now=now()
        )
        return token_finish(terms.issuer_key, manifest.digest, point, blinded, signed)

    def package(self, draft: Draft, manifest: Manifest, place: int, colour: str) -> Package:
        """Return the package of one invited person."""
        owned = ticket(
            draft,
            manifest,
            draft.codes[place],
            lambda terms, code, point: self.token(terms, manifest, code, point),
        )
        return package(manifest, owned, {"colour": colour})

    def order(self, draft: Draft, manifest: Manifest, kind: str) -> Job:
        """Give Anna's node an order of Carol's."""
        body, signature = draft.order(manifest, kind)
        return order_accept(order=body, signature=signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What Anna's node said of what it was given, by who gave it and knows what it was."""

    places: tuple[Place, ...]
    parcels: tuple[bytes, ...]
    accepted: tuple[str, ...]

    @property
    def codes(self) -> list[str]:
        """Return the codes of what was not taken, in order."""
        return [place.code for place in self.places if place.state != TAKEN]


def wrapped(manifest: Manifest, package: Package) -> bytes:
    """Return a package in a fresh parcel."""
    return package_wrap(manifest, package).content


def give(*packages: Package | bytes, at: datetime | None = None) -> Given:
    """Give packages, each in a parcel, to Anna's node; bytes are given as they are."""
    parcels = tuple(one if isinstance(one, bytes) else _parcel(one) for one in packages)
    places = parcels_accept(parcels=parcels, now=at or now())
    pairs = zip(packages, places, strict=True)
    accepted = [
        one.package_id
        for one, place in pairs
        if isinstance(one, Package) and place.state == TAKEN
    ]
    return Given(places=places, parcels=parcels, accepted=tuple(accepted))


def _parcel(package: Package) -> bytes:
    job = Job.objects.get(digest=package.manifest)
    return wrapped(parse_manifest(bytes(job.manifest)), package)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
