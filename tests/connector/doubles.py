"""Nodes and a relay that answer in this process, under real protocol keys."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast as typed

import urllib3

from connector.http import Receiver
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.codec import unpack_batch
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.outer import open_parcel, parcel_hash
from mpcengine.protocol.package import Package, verify_package
from mpcengine.protocol.receipt import confirmation_body, promise_body
from mpcengine.protocol.signing import LABEL_CONFIRMATION, LABEL_PROMISE, sign
from mpcengine.protocol.strict import parse_base64, to_base64
from tests.vectors.cast import cast

Answer = tuple[int, JSON]
Handler = Callable[[str, str, bytes], Answer]


class Answered:
    """What urllib3 returns, as far as the connector reads it."""

    def __init__(self, status: int, content: bytes) -> None:
        self.status = status
        self.headers: dict[str, str] = {}
        self._content = content

    def read1(self, amount: int, *, decode_content: bool) -> bytes:
        del decode_content
        piece, self._content = self._content[:amount], self._content[amount:]
        return piece

    def release_conn(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class Pool:
    """Hand calls to a function; ``failures`` of them fail on the way there or back."""

    handler: Handler
    failures: int = 0
    is_lost_on_the_way_back: bool = False
    calls: list[tuple[str, str, bytes]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

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
        self.keys.append(headers.get("Idempotency-Key", ""))
        self.calls.append((method, path, body or b""))
        if self.failures and not self.is_lost_on_the_way_back:
            self.failures -= 1
            raise urllib3.exceptions.ProtocolError
        status, value = self.handler(method, path, body or b"")
        if self.failures:
            self.failures -= 1
            raise urllib3.exceptions.ProtocolError
        return Answered(
            status, value if isinstance(value, bytes) else json.dumps(value).encode()
        )


def receiver(pool: Pool, name: str = "The relay", patience: float = 5.0) -> Receiver:
    return Receiver(
        name=name,
        url="http://127.0.0.1:9",
        pool=typed("urllib3.PoolManager", pool),
        patience=patience,
    )


@dataclass
class NodeDouble:
    """A node that signs one blinded message for a code, the same again when asked again.

    It takes parcels, unless it ``says`` something else of them.
    """

    index: int
    manifest: Manifest
    spent: dict[str, str] = field(default_factory=dict)
    parcels: list[bytes] = field(default_factory=list)
    says: JSON = None

    def answer(self, _method: str, path: str, body: bytes) -> Answer:
        if path == "packages":
            return 200, {"answers": [self._place(one) for one in unpack_batch(body, 1)]}
        assert path == "tokens"
        given = json.loads(body)
        assert given["manifest"] == self.manifest.digest
        code, blinded = given["code"], given["blinded"]
        if self.spent.setdefault(code, blinded) != blinded:
            return 409, {"code": "token.already_issued", "detail": "Used with another key."}
        signed = cast().issuer[self.index - 1].blind_sign(parse_base64(blinded) or b"")
        return 200, {"blind_signature": to_base64(signed)}

    def _place(self, parcel: bytes) -> JSON:
        if self.says is not None:
            return self.says
        private = cast().outer[self.index - 1]
        content = open_parcel(private, self.manifest, index=self.index, parcel=parcel)
        verify_package(self.manifest, Package.decode(content, self.manifest.envelope_length))
        self.parcels.append(parcel)
        signed = confirmation_body(self.manifest.digest, self.index, parcel_hash(parcel))
        confirmation = sign(cast().identity[self.index - 1], LABEL_CONFIRMATION, signed)
        return {"state": "taken", "confirmation": to_base64(confirmation)}


@dataclass
class RelayDouble:
    """A relay that promises to deliver every parcel, and keeps it."""

    manifest: Manifest
    parcels: list[bytes] = field(default_factory=list)

    def answer(self, _method: str, path: str, body: bytes) -> Answer:
        if path.startswith("manifests/"):
            return 200, cast().signed.to_json()
        assert path == "packages"
        self.parcels.append(body)
        promise = sign(cast().relay, LABEL_PROMISE, promise_body(self.manifest.digest, body))
        return 201, {"parcel": "0" * 64, "promise": to_base64(promise), "relay_key": ""}
