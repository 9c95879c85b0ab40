"""The way of a question through the portal, with three real nodes beneath it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connector.contributing import OwnerKeys, Participant
from datarequests.tasks import follow
from mpcengine.job_driver import job_drive
from mpcengine.models import MpcJob
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.request_manifest import parse_request_manifest
from mpcengine.protocol.strict import format_time, parse_base64
from tests.datarequests.cast import Actor, approver, carol, holder, rosa, submitted
from tests.nodes.harness import Nodes

HOLDERS = (("hugo", "Bank"), ("hana", "Harbour"), ("henk", "Water board"))


@dataclass
class Council:
    """Everybody with a part in a question; ``key``: of the coordinator whom nodes know."""

    key: Ed25519PrivateKey
    rosa: Actor = field(default_factory=rosa)
    carol: Actor = field(default_factory=carol)
    amir: Actor = field(default_factory=approver)
    bea: Actor = field(default_factory=lambda: approver("bea", "Works council"))
    holders: list[Actor] = field(
        default_factory=lambda: [holder(name, home) for name, home in HOLDERS]
    )

    def __post_init__(self) -> None:
        self.carol.private = self.key
        for one in (self.rosa, self.carol, self.amir, self.bea, *self.holders):
            one.register()

    def submitted(self, **terms: JSON) -> str:
        """Have a question submitted and taken in; return its id."""
        number = submitted(self.rosa, **terms)
        self.carol.post(f"requests/{number}/intake", {})
        return number

    def terms(self, number: str, **other: JSON) -> dict[str, JSON]:
        """Return what the coordinator decides."""
        now = datetime.now(UTC).replace(microsecond=0)
        window = {
            "opens": format_time(now - timedelta(minutes=5)),
            "closes": format_time(now + timedelta(hours=1)),
        }
        path = f"requests/{number}/preparation"
        usual: dict[str, JSON] = {
            "key": self.carol.key,
            "signature": self.carol.sign(self.carol.get(path)),
            "holders": [one.key for one in self.holders],
            "approvers": [self.amir.key, self.bea.key],
            "needed": 2,
            "holder_size": 64,
            "consenting": window,
            "contributing": window,
            "give_up_after_days": 7,
        }
        return usual | other

    def prepared(self, number: str, **other: JSON) -> None:
        """Have the manifest built."""
        self.carol.post(f"requests/{number}/preparation", self.terms(number, **other))

    def signed(self, number: str) -> None:
        """Have requester and coordinator sign it."""
        path = f"requests/{number}/manifest"
        for one in (self.rosa, self.carol):
            one.post(path, {"key": one.key, "signature": one.sign(one.get(path))})

    def approve(self, who: Actor, number: str) -> JSON:
        """Have an approver approve."""
        path = f"requests/{number}/approval"
        return who.post(path, {"signature": who.sign(who.get(path))})

    def approved(self, **terms: JSON) -> str:
        """Bring a question to its approval; return its id."""
        number = self.submitted(**terms)
        self.prepared(number)
        self.signed(number)
        self.approve(self.amir, number)
        self.approve(self.bea, number)
        return number

    def owners(self, number: str, nodes: Nodes) -> list[Participant]:
        """Return who acts for each owner towards the nodes, the requester first."""
        data = parse_base64(self.rosa.get(f"requests/{number}/manifest")["body"]) or b""
        manifest = parse_request_manifest(data)
        return [
            Participant(
                manifest=manifest,
                owner=place,
                keys=OwnerKeys(sign=one.private, seal=one.seal),
                nodes=nodes.receivers,
            )
            for place, one in enumerate([self.rosa, *self.holders])
        ]


def drive() -> None:
    """Bring every job as far as it goes now, and the requests after them."""
    for job in MpcJob.objects.all():
        job_drive(job_id=job.pk, owner="test")
    follow()
