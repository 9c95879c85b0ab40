"""One respondent at the command line: the link, everybody to call, the answer, its receipt."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.errors import BadInput, CliError, NodeRefused
from cli.files import read_json
from cli.installing.addresses import receiver_read
from connector.attempt import (
    Attempt,
    attempt_digest,
    attempt_kept,
    attempt_parcel,
    attempt_read,
)
from connector.claims import ALREADY_ISSUED, Claim
from connector.errors import ConnectorError, Refused
from connector.http import Receiver, new_pool
from connector.respondent import Ticket, TicketDraw, manifest_fetch, ticket_fetch
from connector.sending import Parcel, package_deliver, package_send
from mpcengine.protocol.encoding import Answers, encode_answers, parse_answers
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.manifest import ROSTER_KEY, Manifest, NodeTerms
from mpcengine.protocol.nodesfile import NodeEntry, NodesFile
from mpcengine.protocol.outer import parcel_hash
from mpcengine.protocol.receipt import NodeAddress, Receipt, parse_receipt
from mpcengine.protocol.roster import parse_code
from mpcengine.protocol.signedmanifest import parse_signed_manifest, verify_signed_manifest
from private_files import private_write

# A language after the survey is for people with a browser.
_LINK = re.compile(
    r"(?P<relay>.+)/answer/(?P<survey>[0-9a-f]{32})(/[a-z]{2,3})?/?(#(?P<code>.*))?"
)
CONNECTIONS = 4
CLOSED = "survey.closed"
UNKNOWN_CODE = "token.unknown_code"
# How long one receiver is tried before the next is, in seconds.
PATIENCE = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What an invitation says: where, which survey, and by which code if it has one."""

    relay_url: str
    survey_id: str
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A survey as its respondent reaches it: verified terms, relay and nodes."""

    manifest: Manifest
    relay: Receiver
    nodes: dict[str, Receiver]


def link_read(text: str) -> Link:
    """Return what a link says; raise BadInput, which repeats nothing of it."""
    found = _LINK.fullmatch(text.strip())
    if found is None:
        raise BadInput(
            "LINK must be an address such as https://portal.example/answer/ followed by the "
            "survey's 32 digits, # and your code; copy all of it."
        )
    code = found["code"] or ""
    try:
        if code:
            parse_code(code)
    except MalformedInput as error:
        raise BadInput(error.sentence) from None
    return Link(
        relay_url=receiver_read(found["relay"], "LINK"), survey_id=found["survey"], code=code
    )


def survey_find(link: Link, nodes: NodesFile | None, attempt: Path) -> Survey:
    """Return a link's survey, its manifest signed by all; raise ConnectorError.

    With ``nodes`` the nodes are those of the file, called under its pins, and where the relay
    does not give the manifest of an ``attempt`` that was begun, they do.
    """
    relay = Receiver(
        name="The relay", url=link.relay_url, pool=new_pool(CONNECTIONS), patience=PATIENCE
    )
    try:
        manifest = manifest_fetch(relay, link.survey_id, nodes)
    except ConnectorError:
        found = None if nodes is None else _manifest_of_nodes(nodes, attempt)
        if found is None:
            raise
        manifest = found
    return Survey(manifest=manifest, relay=relay, nodes=nodes_of(manifest.nodes, nodes))


def nodes_of(
    addresses: Sequence[NodeEntry | NodeTerms | NodeAddress], nodes: NodesFile | None
) -> dict[str, Receiver]:
    """Return the nodes to call; under the pins of your nodes file, if there is one."""
    pins = {} if nodes is None else {one.node: one.pins for one in nodes.nodes}
    return {
        one.node: Receiver(
            name=f"Node {one.node}",
            url=one.url,
            pool=new_pool(CONNECTIONS, pins.get(one.node, ())),
            patience=PATIENCE,
        )
        for one in addresses
    }


def answers_read(path: Path, manifest: Manifest) -> Answers:
    """Return the answers in a ``drempel-answers/1`` file; raise BadInput unquoted."""
    value = read_json(path)
    try:
        answers = parse_answers(value)
        encode_answers(manifest.layout, answers)
    except ProtocolError as error:
        raise BadInput(f"{path}: {error.sentence}") from None
    return answers


def parcel_make(
    survey: Survey, path: Path, answers: Answers | None, claim: Claim | None
) -> Parcel:
    """Return the parcel to send, kept in ``path``: what is kept and unsent, or a new one.

    ``answers`` None: what is kept, sent or not. Raises BadInput, ConnectorError.
    """
    manifest = survey.manifest

    def fetch(drawn: TicketDraw) -> Ticket:
        if claim is None:
            is_key = manifest.roster.kind == ROSTER_KEY
            way = "name your key with --key" if is_key else "copy it whole"
            raise MalformedInput("claim.missing", f"LINK has no code after the #; {way}.")
        return ticket_fetch(survey.nodes, manifest, claim, drawn)

    try:
        if answers is None:
            return attempt_kept(path, manifest)
        return attempt_parcel(path, manifest, answers=answers, fetch=fetch)
    except ProtocolError as error:
        raise BadInput(error.sentence) from None


def parcel_give(survey: Survey, parcel: Parcel, *, receipt: Path, is_direct: bool) -> Receipt:
    """Send a parcel, keep its receipt in a file, and return it; raise ConnectorError.

    Straight to the nodes: what the relay promised for the same parcel stays in the receipt.
    """
    if is_direct:
        known = _receipt_known(receipt, parcel)
        given = package_deliver(survey.nodes, survey.manifest, parcel, known)
    else:
        given = package_send(survey.relay, survey.manifest, parcel)
    text = json.dumps(given.to_json(), indent=1) + "\n"
    try:
        private_write(receipt, text)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise CliError(f"{receipt} cannot be written: {reason}; run the same again.") from None
    return given


def attempt_look(path: Path, manifest: Manifest) -> Attempt | None:
    """Return how far an attempt is, None if it has not begun; raise BadInput."""
    try:
        return attempt_read(path, manifest)
    except ProtocolError as error:
        raise BadInput(f"{path}: {error.sentence}") from None


def told(error: ConnectorError, attempt: Path) -> CliError:
    """Return the one sentence for a call that did not succeed, and what is kept of it."""
    sentence = error.sentence
    if isinstance(error, Refused) and error.code == CLOSED:
        sentence += " What was sent before stands as it is."
    elif isinstance(error, Refused) and error.code == ALREADY_ISSUED:
        sentence += " Only the attempt that was begun then can go on: name it with --attempt."
    elif isinstance(error, Refused) and error.code == UNKNOWN_CODE:
        sentence += " Every character of the code counts: copy the link once more."
    elif attempt.exists():
        sentence += f" What was begun is kept in {attempt}; run the same again to go on."
    is_node = error.receiver.startswith("Node ")
    if isinstance(error, Refused) and is_node:
        return NodeRefused(f"{error.receiver}: {sentence}")
    if isinstance(error, Refused) and error.code == CLOSED:
        # Whoever is asked first, relay or node: a survey that is closed ends the same way.
        return NodeRefused(sentence)
    return CliError(sentence)


def _manifest_of_nodes(nodes: NodesFile, attempt: Path) -> Manifest | None:
    digest = attempt_digest(attempt)
    if digest is None:
        return None
    for receiver in nodes_of(nodes.nodes, nodes).values():
        try:
            found = parse_signed_manifest(receiver.get(f"manifests/{digest}"))
            manifest = verify_signed_manifest(found, nodes)
        except (ConnectorError, ProtocolError):
            continue
        if manifest.digest == digest:
            return manifest
    return None


def _receipt_known(path: Path, parcel: Parcel) -> Receipt | None:
    """Return the receipt in ``path`` if it is of this very parcel."""
    if not path.exists():
        return None
    try:
        known = parse_receipt(read_json(path))
    except ProtocolError:
        return None
    return known if known.content == parcel_hash(parcel.content).hex() else None
