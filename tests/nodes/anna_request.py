"""A match put to Anna's node alone; the two other nodes say what a test has them say."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.consent import Consent, consents_digest, sign_consent
from mpcengine.protocol.contribution import contributions_root
from mpcengine.protocol.difference import first_speaker
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.manifest_parts import Coordinator, Window
from mpcengine.protocol.messages import pack_signed
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request_manifest import (
    Owner,
    Requester,
    RequestManifest,
    RequestNode,
    build_request_manifest,
    prepare_request_body,
)
from mpcengine.protocol.signing import (
    LABEL_PREPARE_REQUEST,
    LABEL_REQUEST_MANIFEST,
    public_bytes,
    sign,
)
from mpcengine.protocol.stage_names import stage_label
from nodes.keystore import retained_key_wrap
from nodes.models import Job, JobState, RetainedChunk, RetainedSet, StoredContribution
from nodes.selectors_requests import job_nonce
from nodes.services.memory import job_memory
from nodes.services.request_keys import request_key_create
from nodes.services.request_manifests import request_accept, request_open
from nodes.services.stages import stage_hear, stage_say
from tests.nodes.anna import Anna
from tests.people import CAROL, OPERATORS
from tests.vectors.request_cast import approved, request_terms

OWNERS = 5
Pairs = list[tuple[int, int]]


@dataclass(slots=True, kw_only=True)
class AnnaRequest:
    """A match that Anna's node has been asked to take part in."""

    keys: list[Ed25519PrivateKey]
    manifest: RequestManifest

    @classmethod
    def make(
        cls, anna: Anna, *, requester: Ed25519PrivateKey | None = None, **terms: Any
    ) -> "AnnaRequest":
        """Have Anna's share key made and return the request, unsigned by her."""
        keys = [Ed25519PrivateKey.generate() for _ in range(OWNERS)]
        keys[0] = requester or keys[0]
        request_id = secrets.token_hex(16)
        own = request_key_create(
            request_id=request_id,
            coordinator=CAROL.public_key,
            signature=sign(
                CAROL.signing_key, LABEL_PREPARE_REQUEST, prepare_request_body(request_id)
            ),
        )
        shares = [own.share_key, *(share_public(generate_share_key()) for _ in range(2))]
        now = datetime.now(UTC).replace(microsecond=0)
        window = Window(opens=now - timedelta(minutes=5), closes=now + timedelta(hours=1))
        given: dict[str, Any] = {
            "request_id": request_id,
            "requester": Requester(name="Owner 0", key=public_bytes(keys[0])),
            "coordinator": Coordinator(name="Carol", key=CAROL.public_key),
            "owners": tuple(_owner(place, key) for place, key in enumerate(keys)),
            "nodes": tuple(
                RequestNode(
                    node=entry.node,
                    index=entry.index,
                    name=entry.name,
                    url=entry.url,
                    identity_key=entry.identity_key,
                    share_key=share,
                )
                for entry, share in zip(anna.entries, shares, strict=True)
            ),
            "consenting": window,
            "contributing": window,
            **terms,
        }
        manifest = build_request_manifest(replace(request_terms(), **given))
        return cls(keys=keys, manifest=manifest)

    @property
    def speaks_first(self) -> str:
        """Return the node that puts the requester's questions in an order."""
        return first_speaker(self.manifest.requester.key)

    def askers(self) -> dict[str, bytes]:
        """Return the manifest with what requester and coordinator sign."""
        raw = self.manifest.raw
        return {
            "manifest": raw,
            "requester_signature": sign(self.keys[0], LABEL_REQUEST_MANIFEST, raw),
            "coordinator_signature": sign(CAROL.signing_key, LABEL_REQUEST_MANIFEST, raw),
        }

    def open(self) -> Job:
        """Open the request at Anna's node, which both others have heard nothing from yet."""
        request_accept(
            **self.askers(), approvals=approved(self.manifest), now=datetime.now(UTC)
        )
        signatures = {
            one.node: sign(one.signing_key, LABEL_REQUEST_MANIFEST, self.manifest.raw)
            for one in OPERATORS
        }
        job = request_open(digest=self.manifest.digest, signatures=signatures)
        job_memory(job.digest).is_recalled = True
        return job

    def consents(self, marks: str = "aaaaa") -> dict[int, tuple[bytes, bytes]]:
        """Return signed consents by owner; another mark is another snapshot, "-" is none."""
        found = {}
        for owner, mark in enumerate(marks):
            if mark == "-":
                continue
            snapshot = "sha256:" + mark * 64
            consent = Consent(manifest=self.manifest.digest, owner=owner, snapshot=snapshot)
            found[owner] = sign_consent(self.keys[owner], consent)
        return found

    def say(self, job: Job, stage: str, bodies: dict[str, bytes]) -> None:
        """Have each node say its body of a stage: Anna's stores hers, the others' are heard."""
        for node, body in bodies.items():
            if node == "a":
                stage_say(job, stage, body)
            else:
                stage_hear(job, stage, node, packed(node, stage, body))

    def settle(self, job: Job, **complete: dict[int, bytes]) -> None:
        """Bring a request to where the nonce is drawn and nodes say whose lists are whole.

        ``complete``: headers by owner that a node says it has, where it is not all of them.
        """
        agreed = {one.node: self.agreed(one.node) for one in OPERATORS}
        self.say(job, "agreed", agreed)
        self.say(job, "draw/1", {one.node: self.draw(one.node) for one in OPERATORS})
        self.say(job, "reveal/1", {one.node: self.reveal(one.node) for one in OPERATORS})
        for owner in range(OWNERS):
            StoredContribution.objects.create(
                job=job,
                owner=owner,
                number=1,
                header=header(owner),
                signature=b"",
                is_complete=True,
            )
        self.say(
            job,
            "complete",
            {node: self.complete(node, complete.get(node)) for node in NODE_NAMES},
        )
        self.put(job, JobState.CLOSING, is_answering=True)

    def put(self, job: Job, state: JobState, **changes: Any) -> None:
        """Put the job where a test begins."""
        Job.objects.filter(pk=job.pk).update(state=state, **changes)
        job.refresh_from_db()

    def agreed(
        self, node: str, consents: dict[int, tuple[bytes, bytes]] | None = None
    ) -> bytes:
        """Return a node's message of the consents it took."""
        taken = self.consents() if consents is None else consents
        digest = self.manifest.digest
        return stages.build_agreed(stages.Agreed(manifest=digest, node=node, consents=taken))

    def draw(self, node: str, number: int = 1, *, part: bytes = b"") -> bytes:
        """Return a node's commitment to its part of a nonce."""
        standing = stages_consents(self)
        commitment = stages.draw_commitment(
            self.manifest.digest,
            number=number,
            index=NODE_NAMES.index(node) + 1,
            consents=standing,
            part=part or nonce_part(node),
        )
        message = stages.Draw(
            manifest=self.manifest.digest, node=node, number=number, commitment=commitment
        )
        return stages.build_draw(message)

    def reveal(self, node: str, number: int = 1, *, part: bytes = b"") -> bytes:
        """Return a node's part of a nonce."""
        message = stages.Reveal(
            manifest=self.manifest.digest,
            node=node,
            number=number,
            part=part or nonce_part(node),
        )
        return stages.build_reveal(message)

    def complete(
        self, node: str, headers: dict[int, bytes] | None = None, nonce: int = 1
    ) -> bytes:
        """Return a node's message of whose lists are whole."""
        whole = {one: header(one) for one in range(OWNERS)} if headers is None else headers
        named = {owner: stages.header_hash(data) for owner, data in whole.items()}
        message = stages.Complete(
            manifest=self.manifest.digest, node=node, nonce=nonce, headers=named
        )
        return stages.build_complete(message)

    def unusable(
        self, job: Job, node: str, owners: tuple[int, ...] = (), root: str = ""
    ) -> bytes:
        """Return a node's message of whose components differ."""
        nonce = job_nonce(job)
        assert nonce is not None
        headers = {owner: header(owner) for owner in range(OWNERS)}
        found = contributions_root(
            job.digest, consents=nonce[1], nonce=nonce[2], headers=headers
        )
        message = stages.Unusable(
            manifest=job.digest, node=node, root=root or found, owners=owners
        )
        return stages.build_unusable(message)


def pairs(word: int) -> Pairs:
    """Return each node's two components of a word, by index."""
    parts = (5, 9, 5 ^ 9 ^ word)
    return [(parts[place], parts[(place + 1) % 3]) for place in range(3)]


def header(owner: int) -> bytes:
    """Return an invented header of an owner."""
    return b"header %d" % owner


def keep(request: str, requester: bytes, moment: datetime) -> RetainedSet:
    """Have Anna's node hold an earlier list of a requester: a full chunk that nobody opens."""
    row = RetainedSet.objects.create(
        request=request,
        requester=requester,
        federation="",
        min_count=5,
        words=64,
        buckets=1,
        key=retained_key_wrap(bytes(32), request),
        retained_at=moment,
    )
    RetainedChunk.objects.create(retained=row, bucket=0, number=0, sealed=bytes(1068))
    return row


def nonce_part(node: str) -> bytes:
    """Return a node's part of a nonce."""
    return node.encode() * 32


def stages_consents(request: AnnaRequest) -> bytes:
    """Return the digest of the consents that stand when all have consented."""
    given = {owner: data for owner, (data, _) in request.consents().items()}
    return consents_digest(request.manifest.digest, given)


def packed(node: str, stage: str, body: bytes, *, signer: str = "") -> bytes:
    """Return a stage message as a node signs it, or as ``signer`` does."""
    key = OPERATORS[NODE_NAMES.index(signer or node)].signing_key
    return pack_signed(body, sign(key, stage_label(stage), body))


def _owner(place: int, key: Ed25519PrivateKey) -> Owner:
    return Owner(
        owner=place,
        name=f"Owner {place}",
        role="requester" if place == 0 else "holder",
        key=public_bytes(key),
        seal_key=share_public(generate_share_key()),
    )
