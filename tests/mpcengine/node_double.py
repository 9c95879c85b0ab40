"""Nodes and a relay that speak the contract over real HTTP, with real Ed25519 keys.

They store nothing on disk and compute nothing: a double states the counts it is told to. It
can refuse, be slow, be dead, and say different things at different times.
"""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpcengine.protocol.canonical import digest
from mpcengine.protocol.codec import unpack_batch
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.nodesfile import NODE_NAMES, NodeEntry
from mpcengine.protocol.orders import keys_body, parse_order, prepare_body, verify_order
from mpcengine.protocol.outer import parcel_hash, parcel_manifest
from mpcengine.protocol.pattern import Pattern, released_values
from mpcengine.protocol.receipt import confirmation_body
from mpcengine.protocol.roster import roster_root
from mpcengine.protocol.sharing import split
from mpcengine.protocol.signing import (
    LABEL_CONFIRMATION,
    LABEL_KEYS,
    LABEL_MANIFEST,
    LABEL_PREPARE,
    LABEL_STATEMENT,
    generate_p256_key,
    point_bytes,
    public_bytes,
    sign,
    verify,
)
from mpcengine.protocol.statement import Statement, build_statement, withheld_statement
from mpcengine.protocol.strict import parse_base64, to_base64
from tests.vectors.issuers import fresh_issuer

Answered = tuple[int, dict[str, Any]]
LATER_CODES = {"survey.not_open", "manifest.unknown"}
SLOPE = 1234567890123456789 % (2**61 - 1)


class Double(ABC):
    """A real HTTP server on a free port of 127.0.0.1; ``calls`` lists what was asked of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.slow_seconds = 0.0
        self.refusals: dict[str, tuple[int, str]] = {}
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                double.serve(self, body)

            do_GET = do_POST = do_PUT = _serve  # noqa: N815  # http.server looks for these names

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def die(self) -> None:
        """Stop listening; ``start`` brings it back with what it remembers."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        time.sleep(self.slow_seconds)
        path = handler.path.removeprefix("/api/v1/")
        call = f"{handler.command} {path}"
        self.calls.append(call)
        status, value = self._judge(call, body)
        data = json.dumps(value).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(data)

    def _judge(self, call: str, body: bytes) -> Answered:
        for start, (status, code) in self.refusals.items():
            if call.startswith(start):
                return status, {"code": code, "detail": f"The sentence of {code}."}
        return self.answer(call, body)

    @abstractmethod
    def answer(self, call: str, body: bytes) -> Answered:
        """Return status and document for ``METHOD path`` with this body."""


class NodeDouble(Double):
    """One node, without databases and without a party."""

    def __init__(self, name: str) -> None:
        self.name, self.index = name, NODE_NAMES.index(name) + 1
        self.identity = Ed25519PrivateKey.generate()
        self.issuer = fresh_issuer()
        self.share = generate_share_key()
        self.outer = generate_p256_key()
        self.manifests: dict[str, Manifest] = {}
        self.rosters: dict[str, list[str]] = {}
        self.signatures: dict[str, dict[str, str]] = {}
        self.orders: list[str] = []
        self.parcels: list[bytes] = []
        self.statements: dict[str, tuple[bytes, bytes]] = {}
        self.signs_wrongly = False
        self.refuses_parcels = ""
        super().__init__()

    @property
    def entry(self) -> NodeEntry:
        return NodeEntry(
            node=self.name,
            index=self.index,
            name=f"Node {self.name}",
            url=self.url,
            identity_key=public_bytes(self.identity),
            pin=None,
        )

    def answer(self, call: str, body: bytes) -> Answered:
        method, path = call.split(" ", 1)
        parts = path.split("/")
        if path == "packages":
            return self._parcels(body)
        given = json.loads(body) if body else {}
        if parts[0] == "surveys":
            return self._keys(parts[1], given)
        if path == "manifests":
            return self._manifest(given)
        if parts[0] == "manifests" and method == "PUT":
            self.signatures[parts[1]] = given["signatures"]
            return 200, {"state": "open"}
        if path == "orders":
            return self._order(given)
        if parts[0] in {"results", "jobs"}:
            return self._outcome(parts[0], parts[1])
        return 404, {"code": "unknown"}

    def _keys(self, survey_id: str, given: dict[str, str]) -> Answered:
        coordinator, signature = _b(given["coordinator"]), _b(given["signature"])
        verify(coordinator, LABEL_PREPARE, prepare_body(survey_id), signature)
        share, issuer = share_public(self.share), self.issuer.public
        outer = point_bytes(self.outer)
        proof = self.issuer.proof(survey_id, self.index, public_bytes(self.identity))
        body = keys_body(
            survey_id=survey_id,
            index=self.index,
            share_key=share,
            outer_key=outer,
            issuer_key=issuer,
        )
        signed = sign(self._key(), LABEL_KEYS, body)
        return 200, {
            "share_key": to_base64(share),
            "outer_key": to_base64(outer),
            "issuer_key": to_base64(issuer),
            "issuer_proof": to_base64(proof),
            "signature": to_base64(signed),
        }

    def _manifest(self, given: dict[str, Any]) -> Answered:
        data = _b(given["manifest"])
        manifest = parse_manifest(data)
        verify(
            manifest.coordinator.key, LABEL_MANIFEST, data, _b(given["coordinator_signature"])
        )
        root = roster_root([bytes.fromhex(entry) for entry in given["roster"]])
        if root != manifest.roster.roots[self.index - 1]:
            return 403, {"code": "roster.root", "detail": "The roster has another root."}
        self.manifests[manifest.digest] = manifest
        self.rosters[manifest.digest] = given["roster"]
        return 200, {
            "node": self.name,
            "signature": to_base64(sign(self._key(), LABEL_MANIFEST, data)),
        }

    def _order(self, given: dict[str, str]) -> Answered:
        order, signature = _b(given["order"]), _b(given["signature"])
        parsed = parse_order(order)
        verify_order(order, signature, self.manifests[parsed.manifest].coordinator.key)
        self.orders.append(parsed.order)
        return 200, {"state": "open"}

    def _parcels(self, body: bytes) -> Answered:
        items = unpack_batch(body, 500)
        if self.refuses_parcels:
            state = "later" if self.refuses_parcels in LATER_CODES else "never"
            refused = {"state": state, "code": self.refuses_parcels}
            return 200, {"answers": [refused] * len(items)}
        self.parcels += items
        return 200, {"answers": [self._taken(item) for item in items]}

    def _taken(self, parcel: bytes) -> dict[str, str]:
        digest = parcel_manifest(parcel) or ""
        body = confirmation_body(digest, self.index, parcel_hash(parcel))
        signature = sign(self._key(), LABEL_CONFIRMATION, body)
        return {"state": "taken", "confirmation": to_base64(signature)}

    def _outcome(self, kind: str, job: str) -> Answered:
        if job not in self.manifests:
            return 404, {"code": "job.unknown"}
        stated = self.statements.get(job)
        if kind == "jobs":
            ended = json.loads(stated[0])["state"] if stated else "computing"
            return 200, {"state": ended}
        if stated is None:
            return 404, {"code": "result.not_yet"}
        statement, signature = stated
        state = json.loads(statement)
        return 200, {
            "state": state["state"],
            "reason": state["reason"],
            "statement": to_base64(statement),
            "signature": to_base64(signature),
        }

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.generate() if self.signs_wrongly else self.identity

    def state(self, statement: Statement) -> None:
        """End the job with this statement."""
        data = build_statement(statement)
        self.statements[statement.manifest] = data, sign(self._key(), LABEL_STATEMENT, data)


class RelayDouble(Double):
    """A relay that only remembers what it was told."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.manifests: list[dict[str, Any]] = []
        self.orders: list[str] = []
        self.is_drained = True
        super().__init__()

    def answer(self, call: str, body: bytes) -> Answered:
        given = json.loads(body) if body else {}
        if call == "POST manifests":
            self.manifests.append(given)
            return 201, {}
        if call == "POST orders":
            self.orders.append(parse_order(_b(given["order"])).order)
            return 200, {}
        if call == "GET keys":
            return 200, {"key": to_base64(public_bytes(self.key))}
        return 200, {"state": "closed", "drained": self.is_drained}


def release(nodes: list[NodeDouble], manifest: Manifest, counts: Mapping[int, int]) -> None:
    """Let three nodes state these counts (by slot), everything shown."""
    plan = manifest.layout.plan
    pattern = Pattern(
        tables={table.id: (True,) * len(table.slots) for table in plan.one_way},
        nulls={},
        statistics={},
    )
    values = released_values(plan, pattern)
    numbers = [sum(counts[slot] * weight for slot, weight in v.form) for v in values]
    shares = split(numbers, [SLOPE] * len(numbers))
    for node, part in zip(nodes, shares, strict=True):
        named = {value.name: share for value, share in zip(values, part, strict=True)}
        node.state(
            Statement(
                node=node.name,
                manifest=manifest.digest,
                state="released",
                reason=None,
                root=digest(b"root"),
                verdict=digest(b"verdict"),
                coin=digest(b"coin"),
                lines=digest(b"lines"),
                accepted=sum(counts.values()),
                rejected=(),
                released=tuple(named),
                shares=named,
            )
        )


def withhold(nodes: list[NodeDouble], manifest: Manifest, reason: str) -> None:
    """Let these nodes state that nothing is released."""
    for node in nodes:
        node.state(withheld_statement(node=node.name, manifest=manifest.digest, reason=reason))


def _b(text: str) -> bytes:
    return parse_base64(text) or b""
