"""Three real nodes, web and worker each, whose processes a test can kill and start again."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.embedded.house import SERVICES, House, house_build
from cli.embedded.ports import listen, port_of
from cli.embedded.services import ROOT, Program, web_program, worker_program
from cli.embedded.templates import templates_ready
from connector.errors import ConnectorError, Refused
from connector.http import Receiver, new_pool
from connector.respondent import Ticket
from connector.sending import package_wrap
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.codec import pack_batch
from mpcengine.protocol.eligibility import token_finish
from mpcengine.protocol.manifest import Manifest, NodeTerms
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.package import Package, sign_package
from mpcengine.protocol.result import assemble_result
from mpcengine.protocol.signedmanifest import SignedManifest
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.strict import parse_base64, to_base64
from tests.nodes.bent_program import bent_program
from tests.nodes.publishing import Draft, NodeKeys, TokenCall, blind, package, ticket
from tests.storage import ask, databases_make, lend

LAUNCHER = ROOT / "cli" / "embedded" / "launcher.py"


def cells(document: JSON, table: str) -> list[int | None]:
    """Return the counts of a table of a result document."""
    (found,) = (one for one in document["tables"] if one["id"] == table)
    return [cell["count"] for cell in found["cells"]]


class TookTooLongError(Exception):
    """Something that a test waited for did not happen."""


@dataclass(slots=True, kw_only=True)
class Survey:
    """A survey that three nodes have opened."""

    draft: Draft
    manifest: Manifest
    signed: SignedManifest


@dataclass(slots=True, kw_only=True)
class Nodes:
    """The nodes' processes, and what a test does to them."""

    house: House
    sockets: Mapping[str, int]
    receivers: Mapping[str, Receiver]
    processes: dict[tuple[str, str], "subprocess.Popen[bytes]"] = field(default_factory=dict)
    tickets: dict[bytes, Ticket] = field(default_factory=dict)

    def start(self, node: str, kind: str) -> None:
        """Start a node's ``web`` or ``worker``."""
        service = f"node-{node}"
        program = (
            web_program(self.house, service, self.sockets[service])
            if kind == "web"
            else worker_program(self.house, service)
        )
        self.processes[node, kind] = spawn(program)

    def stop(self, node: str, kind: str) -> None:
        """Kill a node's process, and leave it so until it is started."""
        self._kill(node, kind)

    def restart(self, node: str, kind: str) -> None:
        """Kill a node's process and start it anew."""
        self._kill(node, kind)
        self.start(node, kind)

    def restart_bent(self, node: str, how: str) -> None:
        """Start a node's worker anew with a party that deviates (`tests.party.bent`)."""
        self._kill(node, "worker")
        self.processes[node, "worker"] = spawn(bent_program(self.house, node, how))

    def _kill(self, node: str, kind: str) -> None:
        self.processes[node, kind].kill()
        self.processes[node, kind].wait(10.0)

    def wait_death(self, node: str, point: str, seconds: float = 90.0) -> None:
        """Wait until a node's worker has died at an armed kill point, and nowhere else."""
        try:
            code = self.processes[node, "worker"].wait(seconds)
        except subprocess.TimeoutExpired:
            raise TookTooLongError(f"the worker of {node} is still alive") from None
        if self.is_armed(node, point):
            raise TookTooLongError(f"the worker of {node} died elsewhere ({code})")

    def mend(self) -> None:
        """Disarm every kill point, and start again what a failed test has left dead."""
        for node in NODE_NAMES:
            for armed in self.house.fault_folder(f"node-{node}").iterdir():
                armed.unlink(missing_ok=True)
        for (node, kind), process in list(self.processes.items()):
            if process.poll() is not None:
                self.start(node, kind)

    def arm(self, node: str, point: str) -> None:
        """Have the next process of a node that passes a kill point die there."""
        (self.house.fault_folder(f"node-{node}") / point).touch()

    def is_armed(self, node: str, point: str) -> bool:
        """Tell whether nothing has died there yet."""
        return (self.house.fault_folder(f"node-{node}") / point).exists()

    def read(self, node: str, query: str, *values: object) -> list[Any]:
        """Run a query on a node's packages database."""
        return ask(self.house.service_folder(f"node-{node}"), query, *values)[0]

    def write(self, node: str, statement: str, *values: object) -> int:
        """Change a node's packages database behind its back; return the rows changed."""
        return ask(self.house.service_folder(f"node-{node}"), statement, *values)[1]

    def publish(self, definition: JSON, invited: int, **terms: Any) -> Survey:
        """Have keys made, the manifest signed by all, and the survey opened."""
        draft = Draft(
            coordinator=self.house.coordinator, definition=definition, invited=invited, **terms
        )
        keys = {node: self._keys(node, draft) for node in NODE_NAMES}
        manifest = draft.manifest(self.house.nodes.nodes, keys)
        coordinator_signature = draft.sign_manifest(manifest)
        signatures = {}
        for terms_of in manifest.nodes:
            answer = self.receivers[terms_of.node].send(
                "POST",
                "manifests",
                {
                    "manifest": to_base64(manifest.raw),
                    "coordinator_signature": to_base64(coordinator_signature),
                    "roster": [entry.hex() for entry in draft.roster(terms_of.index)],
                },
            )
            signatures[terms_of.node] = str(answer["signature"])
        for receiver in self.receivers.values():
            path = f"manifests/{manifest.digest}/signatures"
            receiver.send("PUT", path, {"signatures": dict(signatures)})
        first, second, third = (_bytes(signatures[name]) for name in NODE_NAMES)
        return Survey(
            draft=draft,
            manifest=manifest,
            signed=SignedManifest(
                manifest=manifest.raw,
                coordinator_signature=coordinator_signature,
                signatures=(first, second, third),
            ),
        )

    def answers(self, survey: Survey, given: Sequence[Mapping[str, JSON]]) -> list[Package]:
        """Return one package for each set of answers, each with a code of its own."""
        packages = []
        for code, answer in zip(survey.draft.codes, given, strict=False):
            owned = ticket(survey.draft, survey.manifest, code, self.token(survey))
            packages.append(package(survey.manifest, owned, answer))
            self.tickets[packages[-1].one_time_key] = owned
        return packages

    def token(self, survey: Survey) -> TokenCall:
        """Return the call that asks a node for a token."""

        def ask(terms: NodeTerms, code: bytes, point: bytes) -> bytes:
            blinded = blind(terms, survey.manifest, point)
            body = {
                "manifest": survey.manifest.digest,
                "code": to_base64(code),
                "blinded": to_base64(blinded.message),
            }
            answer = self.receivers[terms.node].send("POST", "tokens", body)
            signed = _bytes(answer["blind_signature"])
            return token_finish(
                terms.issuer_key, survey.manifest.digest, point, blinded, signed
            )

        return ask

    def deliver(
        self, survey: Survey, packages: Sequence[Package], to: Sequence[str] = NODE_NAMES
    ) -> JSON:
        """Give packages in parcels to some nodes; return the last node's answers."""
        return self.post([self.wrap(survey, one) for one in packages], to)

    def wrap(self, survey: Survey, one: Package) -> bytes:
        """Return a package in a fresh parcel."""
        return package_wrap(survey.manifest, one).content

    def post(self, parcels: Sequence[bytes], to: Sequence[str] = NODE_NAMES) -> JSON:
        """Give parcels to some nodes; return the last node's answers."""
        answers: JSON = None
        for node in to:
            found = self.receivers[node].send_octets("packages", pack_batch(parcels))
            answers = found["answers"]
        return answers

    def order(self, survey: Survey, kind: str, to: Sequence[str] = NODE_NAMES) -> None:
        """Give an order to some nodes."""
        body, signature = survey.draft.order(survey.manifest, kind)
        for node in to:
            self.receivers[node].send(
                "POST", "orders", {"order": to_base64(body), "signature": to_base64(signature)}
            )

    def state(self, node: str, survey: Survey) -> str:
        """Return the state of a survey at a node."""
        return str(self.receivers[node].get(f"jobs/{survey.manifest.digest}")["state"])

    def end(
        self, survey: Survey, nodes: Sequence[str] = NODE_NAMES, seconds: float = 60.0
    ) -> dict[str, JSON]:
        """Wait for the nodes' statements and return each node's outcome."""
        deadline = time.monotonic() + seconds
        outcomes: dict[str, JSON] = {}
        while len(outcomes) < len(nodes):
            for node in set(nodes) - outcomes.keys():
                outcome = self._outcome(node, survey)
                if outcome is not None:
                    outcomes[node] = outcome
            if time.monotonic() > deadline:
                states = {node: self.state(node, survey) for node in nodes}
                raise TookTooLongError(f"{states}")
            time.sleep(0.05)
        return outcomes

    def wait_state(self, survey: Survey, state: str, seconds: float = 30.0) -> None:
        """Wait until all nodes give a survey this state."""
        self.wait(
            lambda: all(self.state(node, survey) == state for node in NODE_NAMES), seconds
        )

    def wait_stage(self, node: str, survey: Survey, stage: str, seconds: float = 30.0) -> None:
        """Wait until a node has stored its own message of a stage."""
        self.wait_said(node, survey, stage, node, seconds)

    def wait_said(
        self, node: str, survey: Survey, stage: str, sender: str, seconds: float = 30.0
    ) -> None:
        """Wait until a node holds a sender's message of a stage."""
        self.wait(lambda: self.said(node, survey, stage, sender) is not None, seconds)

    def said(self, node: str, survey: Survey, stage: str, sender: str) -> bytes | None:
        """Return the body that a node holds of a sender's message of a stage."""
        rows = self.read(
            node,
            "SELECT m.body FROM nodes_stagemessage m JOIN nodes_job j ON j.id = m.job_id"
            " WHERE j.digest = ? AND m.stage = ? AND m.sender = ?",
            survey.manifest.digest,
            stage,
            sender,
        )
        return bytes(rows[0][0]) if rows else None

    def broken(self, survey: Survey, one: Package, node: str) -> Package:
        """Return a package like ``one`` whose envelope for ``node`` does not open."""
        owned = self.tickets[one.one_time_key]
        envelopes = list(one.envelopes)
        place = NODE_NAMES.index(node)
        envelopes[place] = envelopes[place][:-1] + bytes([envelopes[place][-1] ^ 1])
        first, second, third = envelopes
        return sign_package(
            owned.private,
            manifest=survey.manifest.digest,
            revision=one.revision,
            tokens=owned.tokens,
            envelopes=(first, second, third),
        )

    def withheld(self, survey: Survey, outcomes: Mapping[str, JSON]) -> JSON:
        """Return the verified document of two withheld statements."""
        ordered = [outcomes[name] for name in sorted(outcomes)]
        return assemble_result(
            survey.signed,
            [_bytes(one["statement"]) for one in ordered],
            [_bytes(one["signature"]) for one in ordered],
        )

    def wait(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait until something is so; raise TookTooLongError after ``seconds``."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise TookTooLongError
            time.sleep(0.05)

    def result(self, survey: Survey, outcomes: Mapping[str, JSON]) -> JSON:
        """Return the verified result document of three statements."""
        return self.withheld(survey, {name: outcomes[name] for name in NODE_NAMES})

    def _outcome(self, node: str, survey: Survey) -> JSON:
        try:
            return self.receivers[node].get(f"results/{survey.manifest.digest}")
        except Refused as refusal:
            if refusal.status != 404:
                raise
            return None

    def _keys(self, node: str, draft: Draft) -> NodeKeys:
        answer = self.receivers[node].send(
            "POST",
            f"surveys/{draft.survey_id}/keys",
            {
                "coordinator": to_base64(public_bytes(draft.coordinator)),
                "signature": to_base64(draft.prepare_signature),
            },
        )
        return NodeKeys(
            share_key=_bytes(answer["share_key"]),
            outer_key=_bytes(answer["outer_key"]),
            issuer_key=_bytes(answer["issuer_key"]),
            issuer_proof=_bytes(answer["issuer_proof"]),
        )


@contextmanager
def three_nodes(folder: Path) -> Iterator[Nodes]:
    """Start three nodes with kill points in ``folder``, and stop them at the end."""
    templates = templates_ready()
    with ExitStack() as stack:
        sockets = {service: stack.enter_context(listen(0)) for service in SERVICES}
        ports = {service: port_of(one) for service, one in sockets.items()}
        storage = lend()
        house = house_build(
            folder / "house",
            ports,
            templates,
            storage=storage,
            is_test=True,
            has_faults=True,
        )
        if storage is not None:
            owners = [(f"node-{n}", house.service_folder(f"node-{n}")) for n in NODE_NAMES]
            stack.callback(databases_make(storage, owners))
        pool = new_pool(8)
        nodes = Nodes(
            house=house,
            sockets={service: one.fileno() for service, one in sockets.items()},
            receivers={
                entry.node: Receiver(name=f"Node {entry.node}", url=entry.url, pool=pool)
                for entry in house.nodes.nodes
            },
        )
        stack.callback(_stop, nodes)
        for node in NODE_NAMES:
            nodes.start(node, "web")
            nodes.start(node, "worker")
        _wait_healthy(nodes)
        yield nodes


def _wait_healthy(nodes: Nodes) -> None:
    for receiver in nodes.receivers.values():
        try:
            receiver.get("health")
        except ConnectorError:
            raise TookTooLongError(receiver.name) from None


def spawn(program: Program) -> "subprocess.Popen[bytes]":
    """Start a process of a node, which ends with this one."""
    with program.output.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), *program.arguments],
            cwd=ROOT,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=program.sockets,
        )


def _stop(nodes: Nodes) -> None:
    for process in nodes.processes.values():
        process.terminate()
    deadline = time.monotonic() + 5.0
    for process in nodes.processes.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _bytes(text: object) -> bytes:
    if (data := parse_base64(text)) is None:
        raise TypeError("not base64")
    return data
