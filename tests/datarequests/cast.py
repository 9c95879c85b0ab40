"""People of requests: Rosa asks, Carol coordinates, Amir and Bea approve, Hugo consents."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from accounts.models import Organisation, Role, User
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.signing import LABEL_REGISTERED_KEY, public_bytes, sign
from mpcengine.protocol.strict import parse_base64, to_base64
from mpcengine.protocol.submission import SEALED_TO, RegisteredKey
from tests.accounts.cast import person

COMMUNITY = "Council"
DEFINITION: JSON = {
    "format": "drempel-request/1",
    "kind": "match",
    "title": {"en": "Who has seen these addresses?"},
    "purpose": {"en": "To warn those who were attacked."},
    "identifier": "ipv4",
    "min_count": 3,
}


@dataclass
class Actor:
    """A person with a browser, a private key and, once registered, its number."""

    user: User
    role: str
    browser: Client = field(default_factory=Client)
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    seal: EllipticCurvePrivateKey = field(default_factory=generate_share_key)
    key: int = 0

    def register(self) -> None:
        """Register the public half of the key."""
        answer = self.post("keys", self.registration())
        assert answer["role"] == self.role, answer
        self.key = answer["id"]

    def registration(self, **other: JSON) -> dict[str, JSON]:
        """Return what registers the key."""
        terms: dict[str, JSON] = {
            "organisation": self.user.organisation.name,
            "role": self.role,
            "key": public_bytes(self.private),
            "seal_key": share_public(self.seal) if self.role in SEALED_TO else None,
        }
        data = RegisteredKey(**(terms | other)).encode()
        return {
            "name": "laptop",
            "registered": to_base64(data),
            "signature": to_base64(sign(self.private, LABEL_REGISTERED_KEY, data)),
        }

    def call(self, method: str, path: str, body: JSON = None) -> tuple[int, JSON]:
        """Return status and JSON of a call to the interface."""
        given = {} if body is None else {"data": body, "content_type": "application/json"}
        answer = getattr(self.browser, method)(f"/api/v1/{path}", **given)
        return answer.status_code, answer.json() if answer.content else None

    def get(self, path: str) -> JSON:
        """Return what is read there; it must work."""
        status, answer = self.call("get", path)
        assert status == 200, answer
        return answer

    def post(self, path: str, body: JSON) -> JSON:
        """Return what a write is answered with; it must work."""
        status, answer = self.call("post", path, body)
        assert status in {200, 201}, answer
        return answer

    def sign(self, to_sign: JSON) -> str:
        """Return the signature, base64, under what the portal gives to sign."""
        body, label = parse_base64(to_sign["body"]), to_sign["under"].encode()
        return to_base64(sign(self.private, label, body or b""))


def actor(name: str, organisation: str, role: Role, *, key_role: str, **more: object) -> Actor:
    """Return a signed-in person of an organisation of the community."""
    user = person(f"{name}@drempel.example", organisation=organisation, role=role)
    home = user.organisation
    if organisation != more.get("community", COMMUNITY):
        centre, _ = Organisation.objects.get_or_create(name=more.get("community", COMMUNITY))
        home.coordinated_by = centre
        home.save()
    found = Actor(user=user, role=key_role)
    found.browser.force_login(user)
    return found


def rosa() -> Actor:
    """Return a requester of the hospital."""
    return actor("rosa", "Hospital", Role.REQUESTER, key_role="requester")


def carol() -> Actor:
    """Return the community's coordinator."""
    return actor("carol", COMMUNITY, Role.COORDINATOR, key_role="coordinator")


def approver(name: str = "amir", organisation: str = "Ethics board") -> Actor:
    """Return an approver."""
    return actor(name, organisation, Role.APPROVER, key_role="approver")


def holder(name: str = "hugo", organisation: str = "Bank") -> Actor:
    """Return a consent officer of a holder."""
    return actor(name, organisation, Role.CONSENT_OFFICER, key_role="holder")


def submitted(asker: Actor, **terms: JSON) -> str:
    """Have a question drafted and submitted; return its id."""
    made = asker.post("requests", {"definition": DEFINITION | terms, "list_size": 64})
    path = f"requests/{made['id']}/submission"
    signature = asker.sign(asker.get(f"{path}?key={asker.key}"))
    asker.post(path, {"key": asker.key, "signature": signature})
    return str(made["id"])
