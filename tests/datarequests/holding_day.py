"""A match among three holders at real nodes, and what a portal keeps of it."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.models import Organisation, User
from cli.asking import Asking
from cli.embedded.federation import Federation
from connector.contributing import OwnerKeys, Participant
from connector.hold_files import HoldingFolder
from connector.holding import Holder, Outcome
from connector.list_files import ListFile
from connector.list_words import words_read
from connector.standing import parse_standing
from datarequests.models import (
    DataRequest,
    Invitation,
    KeyRole,
    OrganisationKey,
    RequestVersion,
)
from datarequests.states import RequestState
from mpcengine.models import NodeRecord
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.manifest_parts import Coordinator, Window
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.request_manifest import (
    Approvals,
    Approver,
    Owner,
    Requester,
    RequestManifest,
    RequestTerms,
    build_request_manifest,
)
from mpcengine.protocol.signing import public_bytes

QUESTION: JSON = {
    "format": "drempel-request/1",
    "kind": "match",
    "title": {"en": "Who has seen these addresses?", "nl": "Wie heeft deze adressen gezien?"},
    "purpose": {
        "en": "To warn who was attacked.",
        "nl": "Om wie aangevallen is te waarschuwen.",
    },
    "identifier": ["ipv4", "domain"],
    "min_count": 1,
    "min_organisations": 3,
    "holder_feedback": "items",
}
SIZE = 2048


def own_keys() -> OwnerKeys:
    return OwnerKeys(sign=Ed25519PrivateKey.generate(), seal=generate_share_key())


def nodes_known(federation: Federation) -> None:
    """Tell the portal who the nodes are, as its worker does from the nodes file."""
    for entry in federation.nodes_file.nodes:
        NodeRecord.objects.update_or_create(
            node=entry.node,
            defaults={
                "index": entry.index,
                "name": entry.name,
                "url": entry.url,
                "identity_key": entry.identity_key,
            },
        )


@dataclass
class Day:
    """A published match: the asker, two holders with connectors, one at the portal."""

    federation: Federation
    folder: Path
    manifest: RequestManifest
    signed: JSON
    asker: OwnerKeys
    others: list[OwnerKeys]
    request: DataRequest

    def ask(self, rows: str) -> Thread:
        """Have the asker consent now, and hand her list in once there is a nonce."""
        path = self.folder / "asked.csv"
        path.write_text(rows, encoding="utf-8")
        source = ListFile(path=path, identifiers=self.manifest.request.identifiers)
        words = words_read(source, self.manifest.federation)
        participant = Participant(
            manifest=self.manifest, owner=0, keys=self.asker, nodes=self.federation.nodes
        )
        participant.consent(words)
        parts = self.folder / "parts"
        parts.mkdir()

        def hand_in() -> None:
            participant.contribute(words, parts, seconds=120)

        thread = Thread(target=hand_in, daemon=True)
        thread.start()
        return thread

    def connector(self, owner: int, rows: str) -> "Unattended":
        """Return an unattended holder with this list."""
        work = self.folder / f"holder-{owner}"
        work.mkdir(mode=0o700)
        path = work / "list.csv"
        path.write_text(rows, encoding="utf-8")
        rule = {
            "requesters": "any",
            "coordinators": "any",
            "kinds": ["match"],
            "identifiers": ["ipv4", "domain"],
            "min_count": 1,
        }
        terms: JSON = {
            "format": "drempel-hold/1",
            "name": f"Holder {owner}",
            "nodes": "nodes.json",
            "list": {"path": "list.csv"},
            "consent": [rule],
        }
        return Unattended(self, owner, parse_standing(terms, work), work)


class Unattended:
    """A holder with a connector; ``go`` is one round."""

    def __init__(self, day: Day, owner: int, standing: object, work: Path) -> None:
        self.day, self.outcomes = day, list[Outcome]()
        state = work / "state"
        state.mkdir(mode=0o700)
        self.folder = HoldingFolder(state)
        self.holder = Holder(
            standing=standing,  # type: ignore[arg-type]
            keys=day.others[owner - 2],
            nodes=day.federation.nodes,
            tell=lambda _: None,
            keep=lambda _, outcome: self.outcomes.append(outcome),
        )

    def go(self) -> None:
        self.holder.step(self.day.signed, self.day.manifest, self.folder)


def key_row(user: User, own: OwnerKeys) -> OrganisationKey:
    """Register a key that this process holds."""
    return OrganisationKey.objects.create(
        organisation=user.organisation,
        person=user,
        role=KeyRole.HOLDER,
        name="made",
        sign_key=public_bytes(own.sign),
        seal_key=share_public(own.seal),
        signature=bytes(64),
    )


def publish(federation: Federation, folder: Path, key: OrganisationKey) -> Day:
    """Ask holder 1 (whose key the portal registered) and two others; open the job."""
    asker, others = own_keys(), [own_keys(), own_keys()]
    approver = Ed25519PrivateKey.generate()
    asking = Asking(federation=federation, requester=asker.sign, approvers=(approver,))
    request_id = secrets.token_hex(16)
    now = datetime.now(UTC).replace(microsecond=0)
    opens = now - timedelta(minutes=5)
    points = [(public_bytes(own.sign), share_public(own.seal)) for own in (asker, *others)]
    points.insert(1, (bytes(key.sign_key), bytes(key.seal_key or b"")))
    names = ("Sample CERT", key.organisation.name, "Holder 2", "Holder 3")
    coordinator = public_bytes(federation.coordinator_key)
    manifest = build_request_manifest(
        RequestTerms(
            request_id=request_id,
            request=parse_request(QUESTION),
            requester=Requester(name=names[0], key=points[0][0]),
            coordinator=Coordinator(name="Council", key=coordinator),
            owners=tuple(
                Owner(
                    owner=place,
                    name=names[place],
                    role="holder" if place else "requester",
                    key=sign_key,
                    seal_key=seal_key,
                )
                for place, (sign_key, seal_key) in enumerate(points)
            ),
            approvals=Approvals(needed=1, approvers=(approver_of(approver),)),
            nodes=asking.share_keys(request_id),
            first_size=64,
            other_size=SIZE,
            consenting=Window(opens=opens, closes=now + timedelta(hours=6)),
            contributing=Window(opens=opens, closes=now + timedelta(hours=12)),
        )
    )
    signed = asking.publish(manifest).to_json()
    request = request_row(manifest, key)
    return Day(federation, folder, manifest, signed, asker, others, request)


def approver_of(key: Ed25519PrivateKey) -> Approver:
    """Return an approver of another organisation than anybody's here."""
    return Approver(name="Amir", organisation="Board", key=public_bytes(key))


def request_row(manifest: RequestManifest, key: OrganisationKey) -> DataRequest:
    """Keep a published question at the portal, with one invitation."""
    community = key.organisation.coordinated_by or key.organisation
    asker, _ = Organisation.objects.get_or_create(
        name="Sample CERT", defaults={"coordinated_by": community}
    )
    request = DataRequest.objects.create(
        id=manifest.request_id,
        organisation=asker,
        community=community,
        author=key.person,
        kind=manifest.kind,
        definition=manifest.request.to_json(),
        list_size=manifest.first_size,
        state=RequestState.INVITING,
        version=1,
    )
    version = RequestVersion.objects.create(
        request=request,
        number=1,
        submission=b"{}",
        submission_digest="",
        key=key,
        manifest=manifest.raw,
        manifest_digest=manifest.digest,
    )
    Invitation.objects.create(version=version, owner=1, organisation=key.organisation, key=key)
    return request
