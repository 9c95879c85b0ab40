"""Three nodes that match in the clear, in this process, behind the addresses of §19.12.

They keep the formats: real keys, real signatures, parts opened, hashed and joined, outcomes
shared and sealed. Only the computation between them is Python sets, which owners cannot see.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast as typed

import numpy as np
import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connector.http import SIGNATURE_HEADER, Receiver
from connector.splitting import bits_moved
from mpcengine.protocol.approval import parse_signed_approvals, verify_approvals
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.consent import consents_digest, draw_nonce, nonce_body, verify_consent
from mpcengine.protocol.contribution import (
    Contribution,
    PartPlace,
    contributions_root,
    matches_header,
    open_part,
    part_length,
    verify_chunk,
    verify_contribution,
    verify_overflow,
)
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.errors import PolicyRefused, ProtocolError
from mpcengine.protocol.nodesfile import NODE_NAMES, NodeEntry, NodesFile
from mpcengine.protocol.policy import default_policy
from mpcengine.protocol.private_outcome import PrivatePlace, private_body, seal_private
from mpcengine.protocol.request import HIT
from mpcengine.protocol.request_manifest import (
    ASKED_KEYS,
    RequestManifest,
    request_keys_body,
    verify_askers,
)
from mpcengine.protocol.request_policy import check_request_policy
from mpcengine.protocol.request_statement import (
    RELEASED,
)
from mpcengine.protocol.signing import (
    LABEL_NONCE,
    LABEL_PRIVATE,
    LABEL_REQUEST_KEYS,
    LABEL_REQUEST_MANIFEST,
    LABEL_REQUEST_STATEMENT,
    public_bytes,
    sign,
)
from mpcengine.protocol.strict import Fields, parse_base64, to_base64
from mpcengine.protocol.words import node_components
from tests.connector.doubles import Answered
from tests.connector.ideal_match import Lists, private_rows, shared_bytes, statements_of

Said = tuple[int, JSON | bytes, bytes]


@dataclass
class Job:
    """What the three nodes together know of one request."""

    manifest: RequestManifest
    signed: dict[str, JSON]
    consents: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    number: int = 1
    headers: dict[int, tuple[bytes, bytes, Contribution]] = field(default_factory=dict)
    parts: dict[tuple[int, int, int], bytes] = field(default_factory=dict)
    statements: list[bytes] | None = None
    private: dict[tuple[int, int], list[tuple[bytes, bytes]]] = field(default_factory=dict)


class ThreeNodes:
    """The nodes: ``lost_answers`` chunks are taken and not answered, node ``flipped`` lies."""

    def __init__(self, *, test: bool = True) -> None:
        self.coordinator = Ed25519PrivateKey.generate()
        self.identity = [Ed25519PrivateKey.generate() for _ in NODE_NAMES]
        self.shares = [generate_share_key() for _ in NODE_NAMES]
        self.policy = default_policy(coordinators=(public_bytes(self.coordinator),), test=test)
        self.jobs: dict[str, Job] = {}
        self.lock = threading.RLock()
        self.stop = threading.Event()
        self.lost_answers = 0
        self.flipped: int | None = None
        self.calls: list[tuple[int, str, str]] = []

    # What cli.reachable.Reachable asks for.
    @property
    def coordinator_key(self) -> Ed25519PrivateKey:
        return self.coordinator

    @property
    def nodes_file(self) -> NodesFile:
        return NodesFile(
            nodes=tuple(
                NodeEntry(
                    node=name,
                    index=index,
                    name=f"Node {name}",
                    url=f"http://127.0.0.1:900{index}",
                    identity_key=public_bytes(self.identity[index - 1]),
                    pin=None,
                )
                for index, name in enumerate(NODE_NAMES, start=1)
            )
        )

    @property
    def nodes(self) -> Mapping[str, Receiver]:
        return {
            name: Receiver(
                name=f"Node {name}",
                url=f"http://127.0.0.1:900{index}",
                pool=typed("urllib3.PoolManager", _Pool(self, index)),
                patience=5.0,
            )
            for index, name in enumerate(NODE_NAMES, start=1)
        }

    @property
    def portal(self) -> Receiver:
        raise AssertionError

    relay = portal

    def look(self) -> None: ...

    def answer(self, index: int, method: str, path: str, body: bytes, signature: bytes) -> Said:
        with self.lock:
            self.calls.append((index, method, path))
            try:
                return self._answer(index, method, path.split("/"), body, signature)
            except PolicyRefused as error:
                return 403, {"code": error.code, "detail": error.sentence}, b""
            except ProtocolError as error:
                return 400, {"code": error.code, "detail": error.sentence}, b""

    def _answer(
        self, index: int, method: str, path: list[str], body: bytes, signature: bytes
    ) -> Said:
        match (method, *path):
            case ("POST", "requests", request_id, "keys"):
                return self._keys(index, request_id)
            case ("POST", "requests"):
                return self._propose(index, json.loads(body))
            case ("GET", "jobs", digest):
                job = self.jobs[digest]
                return 200, {"state": "open" if job.statements is None else "released"}, b""
            case ("GET", "results", digest):
                return self._result(index, self.jobs[digest])
            case (_, "requests", digest, *rest):
                return self._job(index, method, self.jobs[digest], rest, body, signature)
        raise AssertionError(path)

    def _job(
        self, index: int, method: str, job: Job, rest: list[str], body: bytes, signature: bytes
    ) -> Said:
        match (method, *rest):
            case ("PUT", "signatures"):
                job.signed |= json.loads(body)
                return 200, {"state": "open"}, b""
            case ("GET",):
                return 200, job.signed, b""
            case ("POST", "consents"):
                return self._consent(job, json.loads(body))
            case ("GET", "nonce"):
                return self._nonce(index, job)
            case ("GET", "private", owner, bucket):
                return self._private(index, job, int(owner), int(bucket))
        return self._list(index, method, job, rest, body, signature)

    def _list(
        self, index: int, method: str, job: Job, rest: list[str], body: bytes, signature: bytes
    ) -> Said:
        match (method, *rest):
            case ("POST", "overflow"):
                return self._overflow(job, json.loads(body))
            case ("POST", "contributions"):
                return self._header(index, job, json.loads(body))
            case ("GET", "contributions", owner):
                return 200, self._state(index, job, int(owner)), b""
            case ("PUT", "contributions", owner, bucket, offset):
                numbers = int(owner), int(bucket), int(offset)
                return self._chunk(index, job, numbers, body, signature)
        raise AssertionError(rest)

    def _keys(self, index: int, request_id: str) -> Said:
        key = share_public(self.shares[index - 1])
        body = request_keys_body(request_id=request_id, index=index, share_key=key)
        signed = sign(self.identity[index - 1], LABEL_REQUEST_KEYS, body)
        return 200, {"share_key": to_base64(key), "signature": to_base64(signed)}, b""

    def _propose(self, index: int, given: Mapping[str, str]) -> Said:
        top = Fields(given, required=ASKED_KEYS)
        approvals = parse_signed_approvals(top)
        manifest = verify_askers(
            top.data("manifest"),
            requester_signature=top.data("requester_signature"),
            coordinator_signature=top.data("coordinator_signature"),
            approvals=approvals,
        )
        check_request_policy(self.policy, manifest, verify_approvals(manifest, approvals))
        self.jobs.setdefault(manifest.digest, Job(manifest=manifest, signed=dict(given)))
        signed = sign(self.identity[index - 1], LABEL_REQUEST_MANIFEST, manifest.raw)
        return 200, {"digest": manifest.digest, "signature": to_base64(signed)}, b""

    def _consent(self, job: Job, given: Mapping[str, str]) -> Said:
        data, signature = (parse_base64(given[key]) or b"" for key in ("consent", "signature"))
        consent = verify_consent(job.manifest, data, signature)
        job.consents.setdefault(consent.owner, (data, signature))
        return 200, {"owner": consent.owner}, b""

    def _drawn(self, job: Job) -> tuple[bytes, bytes]:
        digest = job.manifest.digest
        taken = consents_digest(digest, {one: data for one, (data, _) in job.consents.items()})
        parts = [hashlib.sha256(bytes((job.number, i))).digest() for i in (1, 2, 3)]
        return taken, draw_nonce(digest, number=job.number, consents=taken, parts=parts)

    def _nonce(self, index: int, job: Job) -> Said:
        if len(job.consents) < len(job.manifest.owners):
            return 404, {"code": "nonce.none", "detail": "There is no nonce yet."}, b""
        taken, nonce = self._drawn(job)
        digest, number = job.manifest.digest, job.number
        body = nonce_body(digest, number=number, consents=taken, nonce=nonce)
        signed = sign(self.identity[index - 1], LABEL_NONCE, body)
        return (
            200,
            {
                "number": number,
                "consents": taken.hex(),
                "nonce": nonce.hex(),
                "signature": to_base64(signed),
            },
            b"",
        )

    def _overflow(self, job: Job, given: Mapping[str, JSON]) -> Said:
        signature = parse_base64(given["signature"]) or b""
        owner, number = given["owner"], given["number"]
        verify_overflow(job.manifest, owner=owner, number=number, signature=signature)
        if number == job.number:
            job.number += 1
            job.headers.clear()
            job.parts.clear()
        return 200, {}, b""

    def _header(self, index: int, job: Job, given: Mapping[str, str]) -> Said:
        data, signature = (parse_base64(given[key]) or b"" for key in ("header", "signature"))
        header = verify_contribution(job.manifest, data, signature)
        known = job.headers.setdefault(header.owner, (data, signature, header))
        assert known[0] == data
        return 200, self._state(index, job, header.owner), b""

    def _state(self, index: int, job: Job, owner: int) -> JSON:
        buckets = range(job.manifest.buckets)
        received = [len(job.parts.get((index, owner, bucket), b"")) for bucket in buckets]
        wanted = part_length(index, job.manifest.capacity(owner))
        complete = all(length == wanted for length in received)
        return {"owner": owner, "received": received, "complete": complete}

    def _chunk(
        self,
        index: int,
        job: Job,
        numbers: tuple[int, int, int],
        chunk: bytes,
        signature: bytes,
    ) -> Said:
        owner, bucket, offset = numbers
        header = job.headers[owner][2]
        place = PartPlace(
            manifest=job.manifest.digest, owner=owner, number=header.number, bucket=bucket
        )
        key = job.manifest.owners[owner].key
        verify_chunk(key, place, index=index, offset=offset, chunk=chunk, signature=signature)
        held = job.parts.get((index, owner, bucket), b"")
        if len(held) != offset:
            return 409, {"code": "contribution.offset", "detail": "Another offset."}, b""
        held += chunk
        job.parts[index, owner, bucket] = held
        if len(held) == part_length(index, job.manifest.capacity(owner)):
            assert hashlib.sha256(held).digest() == header.parts[bucket][index - 1]
        if self.lost_answers:
            self.lost_answers -= 1
            raise urllib3.exceptions.ProtocolError
        return 200, {"received": len(held), "complete": False}, b""

    def _result(self, index: int, job: Job) -> Said:
        if job.statements is None:
            owners = [one.owner for one in job.manifest.owners]
            states = [self._state(i, job, owner) for i in (1, 2, 3) for owner in owners]
            if not all(state["complete"] for state in states):
                return 404, {"code": "result.none", "detail": "There is no result yet."}, b""
            self._compute(job)
        statement = (job.statements or [])[index - 1]
        signed = sign(self.identity[index - 1], LABEL_REQUEST_STATEMENT, statement)
        return (
            200,
            {
                "state": RELEASED,
                "reason": None,
                "statement": to_base64(statement),
                "signature": to_base64(signed),
            },
            b"",
        )

    def _opened(self, job: Job, owner: int, bucket: int) -> tuple[list[int], int] | None:
        """Return a bucket's words, ascending, and how many are real; None if not usable."""
        header = job.headers[owner][2]
        place = PartPlace(
            manifest=job.manifest.digest, owner=owner, number=header.number, bucket=bucket
        )
        components: dict[int, bytes] = {}
        for index in (1, 2, 3):
            part = open_part(
                self.shares[index - 1],
                place,
                index=index,
                capacity=job.manifest.capacity(owner),
                sealed=job.parts[index, owner, bucket],
            )
            if not matches_header(part, header, index=index, bucket=bucket):
                return None
            components |= dict(zip(node_components(index), part.components, strict=True))
        arrays = [np.frombuffer(data, dtype="<u8") for data in components.values()]
        whole = arrays[0] ^ arrays[1] ^ arrays[2]
        words = bits_moved(whole[:-1]).tolist()
        return (words, int(whole[-1])) if words == sorted(set(words)) else None

    def _compute(self, job: Job) -> None:
        manifest = job.manifest
        lists: Lists = {}
        for one in manifest.owners:
            opened = [self._opened(job, one.owner, b) for b in range(manifest.buckets)]
            if all(bucket is not None for bucket in opened):
                lists[one.owner] = [bucket for bucket in opened if bucket is not None]
        taken, nonce = self._drawn(job)
        root = contributions_root(
            manifest.digest,
            consents=taken,
            nonce=nonce,
            headers={owner: header for owner, (header, _, _) in job.headers.items()},
        )
        job.statements = statements_of(manifest, lists, root)
        if 0 in lists and len(lists) >= manifest.fewest_lists:
            for key, row in private_rows(manifest, lists).items():
                job.private[key] = shared_bytes(row)

    def _private(self, index: int, job: Job, owner: int, bucket: int) -> Said:
        if (owner, bucket) not in job.private:
            return 404, {"code": "private.none", "detail": "There is none."}, b""
        assert bucket == 0 or job.manifest.request.holder_feedback != HIT or owner == 0
        first, second = job.private[owner, bucket][index - 1]
        if self.flipped == index:
            first = bytes([first[0] ^ 1]) + first[1:]
        place = PrivatePlace(
            manifest=job.manifest.digest, index=index, owner=owner, bucket=bucket
        )
        sealed = seal_private(job.manifest.owners[owner].seal_key, place, (first, second))
        body = private_body(place, sealed)
        return 200, sealed, sign(self.identity[index - 1], LABEL_PRIVATE, body)


@dataclass
class _Pool:
    nodes: ThreeNodes
    index: int

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None,
        headers: Mapping[str, str],
        **_: object,
    ) -> Answered:
        path = url.split("/api/v1/")[1]
        given = parse_base64(headers.get(SIGNATURE_HEADER, "")) or b""
        status, value, signature = self.nodes.answer(
            self.index, method, path, body or b"", given
        )
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        answered = Answered(status, content)
        if signature:
            answered.headers = {SIGNATURE_HEADER: to_base64(signature)}
        return answered
