"""Crooked respondents and crooked nodes: what each of them can do by itself."""

import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connector.respondent import Ticket, random_elements, shares_seal
from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.messages import PeerMessage, pack_signed, sign_peer_message
from mpcengine.protocol.package import Package
from mpcengine.protocol.sharing import ShareVectors, split
from mpcengine.protocol.signing import sign
from mpcengine.protocol.stage_names import stage_label
from mpcengine.protocol.stages import parse_root
from mpcengine.protocol.strict import to_base64
from mpcengine.protocol.validity_prover import prove
from nodes.peer_client import SIGNATURE_HEADER
from tests.nodes.harness import Nodes, Survey
from tests.nodes.publishing import ticket

BEFORE_TOSS = "nodes.say_toss.before_write"


def owner(nodes: Nodes, survey: Survey, place: int) -> Ticket:
    """Return the right to answer of the holder of a survey's code."""
    return ticket(survey.draft, survey.manifest, survey.draft.codes[place], nodes.token(survey))


def report(manifest: Manifest, colour: str) -> list[int]:
    """Return an honest report of one colour."""
    plan = manifest.layout.proof
    record = encode_answers(manifest.layout, {"colour": colour})
    return prove(plan, record, random_elements(len(plan.blocks)))


def not_bits(manifest: Manifest) -> ShareVectors:
    """Return shares of 'two reds and minus one green': it adds up to one answer."""
    words = report(manifest, "red")
    words[0], words[1] = 2, MODULUS - 1
    return split(words, random_elements(len(words)))


def two_answers(manifest: Manifest) -> ShareVectors:
    """Return shares of a well-proven record with two colours: bits, but no answer."""
    plan = manifest.layout.proof
    record = [1, 1, *([0] * (manifest.width - 2))]
    words = prove(plan, record, random_elements(len(plan.blocks)))
    return split(words, random_elements(len(words)))


def off_the_line(manifest: Manifest) -> ShareVectors:
    """Return shares of an honest report, one of which was moved for node b."""
    words = report(manifest, "red")
    first, second, third = split(words, random_elements(len(words)))
    second[0] = (second[0] + 1) % MODULUS
    return first, second, third


def sealed(nodes: Nodes, survey: Survey, place: int, shares: ShareVectors) -> Package:
    """Return the package of a code's holder with shares of her own making."""
    return shares_seal(survey.manifest, owner(nodes, survey, place), shares)


def identity(nodes: Nodes, node: str) -> Ed25519PrivateKey:
    """Return a node's identity key, which its operator has."""
    path = nodes.house.service_folder(f"node-{node}") / "identity.pem"
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def say(nodes: Nodes, survey: Survey, stage: str, body: bytes, way: str) -> int:
    """Send a made-up stage message; ``way`` is sender and receiver, such as ``ca``."""
    sender, receiver = way[0], way[1]
    key = identity(nodes, sender)
    data, signature = sign_peer_message(
        key,
        PeerMessage(
            label="exchange",
            sender=sender,
            receiver=receiver,
            job=survey.manifest.digest,
            epoch=stage,
            nonce=secrets.token_bytes(16),
            body=pack_signed(body, sign(key, stage_label(stage), body)),
        ),
    )
    found = nodes.receivers[receiver]
    answer = found.pool.request(
        "POST",
        f"{found.url}/api/v1/peer/exchange",
        body=data,
        headers={
            "Content-Type": "application/json",
            SIGNATURE_HEADER: to_base64(signature),
        },
    )
    return answer.status


def closed_alone(nodes: Nodes, survey: Survey, node: str, point: str) -> None:
    """Close a survey and wait until a node's worker has died at a kill point.

    The node's web is stopped before, so that it gives nobody what the worker stored.
    """
    nodes.arm(node, BEFORE_TOSS)
    nodes.order(survey, "close")
    nodes.wait_death(node, BEFORE_TOSS)
    web = nodes.processes[node, "web"]
    web.terminate()
    web.wait(10.0)
    nodes.arm(node, point)
    nodes.start(node, "worker")
    nodes.wait_death(node, point)


def root_of(nodes: Nodes, survey: Survey) -> Digest:
    """Return the root of a frozen survey."""
    return parse_root(nodes.said("a", survey, "root", "a") or b"").root


def rewrite(nodes: Nodes, node: str, survey: Survey, stage: str, body: bytes) -> None:
    """Have a node say something else than it stored, signed by itself, before it sends it."""
    signature = sign(identity(nodes, node), stage_label(stage), body)
    assert nodes.write(
        node,
        "UPDATE nodes_stagemessage SET body = ?, signature = ?"
        " WHERE stage = ? AND sender = ? AND job_id ="
        " (SELECT id FROM nodes_job WHERE digest = ?)",
        body,
        signature,
        stage,
        node,
        survey.manifest.digest,
    )
