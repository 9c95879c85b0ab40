"""Do what a coordinator does at the portal; her key never leaves this process.

The portal builds the manifest, so everything in it that we decided is compared with what we
asked for before we sign it, and the nodes' keys with our own nodes file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic, sleep

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.errors import BadInput, CliError, NodeRefused
from cli.terms import Terms
from connector.errors import Refused
from connector.http import Receiver
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.nodesfile import NodesFile
from mpcengine.protocol.orders import build_order, prepare_body
from mpcengine.protocol.partners import PartnersFile
from mpcengine.protocol.roster import roster_root
from mpcengine.protocol.signedmanifest import check_nodes
from mpcengine.protocol.signing import (
    LABEL_MANIFEST,
    LABEL_ORDER,
    LABEL_PREPARE,
    public_bytes,
    sign,
)
from mpcengine.protocol.strict import parse_base64, to_base64
from mpcengine.protocol.survey import Survey

INVITATIONS_AT_ONCE = 50_000
POLL_SECONDS = 0.1
_REFUSED = "refused"
_ENDED = ("failed", "withheld", "released")
_POLICY_CODES = "policy."
_OPERATOR = "This node's operator "


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinator:
    """The sample coordinator: her key, the portal, the nodes and relay she believes in."""

    key: Ed25519PrivateKey
    portal: Receiver
    nodes: NodesFile
    relay_url: str
    # Called while waiting: raises CliError when waiting has no sense any more.
    look: Callable[[], None]

    def create(self, survey: Survey) -> str:
        """Create the survey at the portal and return its id."""
        answer = _called(
            self.portal, "POST", "surveys", {"definition": survey.to_json()}, once=True
        )
        return str(answer["id"])

    def invite(self, survey_id: str, count: int) -> list[str]:
        """Have ``count`` invitation codes made and return them."""
        codes: list[str] = []
        while len(codes) < count:
            body: dict[str, JSON] = {"count": min(count - len(codes), INVITATIONS_AT_ONCE)}
            path = f"surveys/{survey_id}/invitations"
            codes += _called(self.portal, "POST", path, body, once=True)["codes"]
        return codes

    def invite_partners(self, survey_id: str, partners: PartnersFile) -> Digest:
        """Invite partners in place of making codes; return the root of their roster."""
        body: dict[str, JSON] = {"partners": partners.to_json()["partners"]}
        _called(self.portal, "POST", f"surveys/{survey_id}/partners", body, once=True)
        return roster_root(sorted(partners.entries))

    def prepare(self, terms: Terms) -> Manifest:
        """Have the manifest built and return it, unsigned, exactly as the portal gave it."""
        body: dict[str, JSON] = {
            "coordinator_key": to_base64(public_bytes(self.key)),
            "prepare_signature": to_base64(
                sign(self.key, LABEL_PREPARE, prepare_body(terms.survey_id))
            ),
            **terms.to_json(),
        }
        found = _called(self.portal, "POST", f"surveys/{terms.survey_id}/prepare", body)
        data = parse_base64(found.get("manifest"))
        try:
            return parse_manifest(data or b"")
        except ProtocolError as error:
            raise CliError(
                f"The portal's manifest is not in order: {error.sentence}"
            ) from error

    def check(self, manifest: Manifest, terms: Terms) -> None:
        """Raise CliError unless the manifest says what was asked for, and of whom."""
        try:
            check_nodes(manifest, self.nodes)
        except ProtocolError as error:
            raise CliError(error.sentence) from error
        differing = terms.differing(manifest)
        if manifest.coordinator.key != public_bytes(self.key):
            differing.append("coordinator")
        if manifest.relay.url != self.relay_url:
            differing.append("relay")
        if differing:
            raise CliError(
                f"The portal's manifest has another {differing[0]} than was asked for; "
                "nothing is signed."
            )

    def publish(self, survey_id: str, manifest: Manifest) -> None:
        """Sign the manifest, publish it, and return once the nodes and the relay have it."""
        signature = sign(self.key, LABEL_MANIFEST, manifest.raw)
        body: dict[str, JSON] = {"signature": to_base64(signature)}
        _called(self.portal, "POST", f"surveys/{survey_id}/publish", body)
        self.wait(survey_id, ("open", "closing", "running"), seconds=120)

    def order(self, survey_id: str, manifest: Manifest, order: str) -> None:
        """Sign an order and hand it to the portal, which carries it to nodes and relay."""
        data = build_order(manifest.digest, order)
        body: dict[str, JSON] = {
            "order": to_base64(data),
            "signature": to_base64(sign(self.key, LABEL_ORDER, data)),
        }
        _called(self.portal, "POST", f"surveys/{survey_id}/orders", body)

    def view(self, survey_id: str) -> dict[str, JSON]:
        """Return the portal's view of the survey."""
        return _called(self.portal, "GET", f"surveys/{survey_id}", None)

    def wait(
        self,
        survey_id: str,
        states: Sequence[str],
        *,
        seconds: float,
        tell: Callable[[str], None] | None = None,
    ) -> str:
        """Return the job's state once it is one of ``states``.

        ``tell`` hears in one line how far the nodes are, whenever that changes. Raises
        NodeRefused if a node refuses the manifest, CliError if the job fails or the time is
        over.
        """
        deadline = monotonic() + seconds
        told = ""
        while True:
            job = self.view(survey_id).get("job") or {}
            state = str(job.get("state"))
            if state in states:
                return state
            _check_goes_on(state, job.get("reason"))
            if monotonic() > deadline or self.portal.stop.is_set():
                raise CliError(f"The survey is still {state} after {seconds:.0f} seconds.")
            if tell is not None and told != (news := _news(job.get("nodes") or {})):
                tell(told := news)
            self.look()
            sleep(POLL_SECONDS)

    def result(self, survey_id: str) -> JSON:
        """Return the signed result document."""
        return _called(self.portal, "GET", f"surveys/{survey_id}/result", None)


def _check_goes_on(state: str, reason: JSON) -> None:
    if state == _REFUSED:
        raise NodeRefused(refusal_sentence(reason))
    if state in _ENDED:
        said = reason if isinstance(reason, str) and reason else "no reason was given."
        raise CliError(f"The survey ended as {state}: {said}")


def _news(nodes: dict[str, JSON]) -> str:
    said = ", ".join(f"node {name} {state}" for name, state in sorted(nodes.items()))
    return f"  {said}" if said else ""


def refusal_sentence(reason: JSON) -> str:
    """Return a refusal that names the node: the operator is then its own."""
    if not isinstance(reason, str) or not reason:
        return "A node refuses the survey and gives no reason."
    return reason.replace(f": {_OPERATOR}", ": its operator ", 1)


def _called(
    portal: Receiver,
    method: str,
    path: str,
    body: dict[str, JSON] | None,
    *,
    once: bool = False,
) -> dict[str, JSON]:
    try:
        if body is None:
            return portal.get(path)
        return portal.send(method, path, body, once=once)
    except Refused as error:
        if error.status == 403 and error.code.startswith(_POLICY_CODES):
            raise NodeRefused(refusal_sentence(error.sentence)) from error
        if error.code.startswith("survey.") and error.where:
            raise BadInput(error.sentence) from error
        raise CliError(f"The portal refused: {error.sentence}") from error
