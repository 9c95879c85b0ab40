"""A match or a comparison put to the three real nodes, and the owners who take part in it."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.asking import Asking
from cli.reachable import Live
from connector.contributing import OwnerKeys, Participant
from connector.list_words import WordList, words_fix
from connector.private_outcomes import private_bytes
from connector.splitting import Prepared
from mpcengine.protocol.approval import revocation_bytes, withdrawal_bytes
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.manifest_parts import Coordinator, Window
from mpcengine.protocol.orders import REQUEST_ORDERS, build_order
from mpcengine.protocol.request_manifest import (
    Owner,
    Requester,
    RequestManifest,
    SignedRequestManifest,
    build_request_manifest,
)
from mpcengine.protocol.request_result import assemble_request_result
from mpcengine.protocol.signing import (
    LABEL_ORDER,
    LABEL_REVOCATION,
    LABEL_WITHDRAWAL,
    public_bytes,
    sign,
)
from mpcengine.protocol.strict import to_base64
from tests.nodes.harness import Nodes
from tests.vectors.cast import ed25519
from tests.vectors.request_cast import APPROVERS, request_terms

SECONDS = 300.0
APPROVING = tuple(map(ed25519, APPROVERS))


def words(*ranges: tuple[int, int]) -> WordList:
    """Return the list of whoever holds the values with these numbers."""
    numbers = [np.arange(first, last, dtype=np.uint64) for first, last in ranges]
    return words_fix(np.unique(np.concatenate(numbers)) * np.uint64(7919))


@dataclass(slots=True, kw_only=True)
class Asked:
    """A request that three nodes have opened, with one owner a list."""

    nodes: Nodes
    asking: Asking
    keys: Sequence[OwnerKeys]
    manifest: RequestManifest
    signed: SignedRequestManifest
    prepared: dict[int, Prepared] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return the digest that names the request."""
        return self.manifest.digest

    def owner(self, place: int) -> Participant:
        """Return who acts for an owner, towards all three nodes."""
        return Participant(
            manifest=self.manifest,
            owner=place,
            keys=self.keys[place],
            nodes=self.nodes.receivers,
        )

    def consent(self, lists: Mapping[int, WordList]) -> None:
        """Give each owner's consent to all nodes."""
        for place, own in lists.items():
            self.owner(place).consent(own)

    def contribute(
        self, lists: Mapping[int, WordList], folder: Path, *, number: int = 1
    ) -> None:
        """Hand in each owner's list at all nodes, when the nonce is there."""
        for place, own in lists.items():
            (folder / str(place)).mkdir(exist_ok=True)
            self.prepared[place] = self.owner(place).contribute(
                own, folder / str(place), seconds=SECONDS, number=number
            )

    def withdraw(self, owner: int) -> list[str]:
        """Withdraw an owner's consent at each node; return what that does, node by node."""
        data = withdrawal_bytes(self.digest, owner)
        said = {
            "withdrawal": to_base64(data),
            "signature": to_base64(sign(self.keys[owner].sign, LABEL_WITHDRAWAL, data)),
        }
        path = f"requests/{self.digest}/withdrawals"
        return [
            str(receiver.send("POST", path, said)["effect"])
            for receiver in self.nodes.receivers.values()
        ]

    def revoke(self, approver: int) -> list[str]:
        """Take an approval back at each node; return what that does, node by node."""
        data = revocation_bytes(self.digest, approver)
        said = {
            "revocation": to_base64(data),
            "signature": to_base64(sign(APPROVING[approver], LABEL_REVOCATION, data)),
        }
        path = f"requests/{self.digest}/revocations"
        return [
            str(receiver.send("POST", path, said)["effect"])
            for receiver in self.nodes.receivers.values()
        ]

    def order(self, kind: str) -> None:
        """Give the coordinator's order to all nodes."""
        key = self.asking.federation.coordinator_key
        body = build_order(self.digest, kind, orders=REQUEST_ORDERS)
        said = {
            "order": to_base64(body),
            "signature": to_base64(sign(key, LABEL_ORDER, body)),
        }
        for receiver in self.nodes.receivers.values():
            receiver.send("POST", "orders", said)

    def wait_state(self, state: str, seconds: float = 30.0) -> None:
        """Wait until all nodes give the request this state."""
        self.nodes.wait(
            lambda: all(
                node.get(f"jobs/{self.digest}")["state"] == state
                for node in self.nodes.receivers.values()
            ),
            seconds,
        )

    def result(self, seconds: float = SECONDS) -> dict[str, Any]:
        """Wait for three statements and return the document they make, verified."""
        statements, signatures = self.asking.statements(self.digest, seconds=seconds)
        return assemble_request_result(self.signed, statements, signatures)

    def counts(self) -> dict[int, int]:
        """Return what the requester reads alone: number of a value to holders, where shown."""
        found: dict[int, int] = {}
        prepared = self.prepared[0]
        for bucket, (slots, real) in enumerate(zip(prepared.slots, prepared.real, strict=True)):
            told = np.frombuffer(private_bytes(self.owner(0), bucket), dtype=np.uint8)[slots]
            found |= {
                int(word) // 7919: int(count)
                for word, count in zip(real, told, strict=True)
                if count
            }
        return found

    def hits(self, place: int) -> set[int]:
        """Return which of a holder's values the requester has, as the holder reads it."""
        prepared = self.prepared[place]
        found: set[int] = set()
        for bucket, (slots, real) in enumerate(zip(prepared.slots, prepared.real, strict=True)):
            packed = np.frombuffer(private_bytes(self.owner(place), bucket), dtype=np.uint8)
            flags = np.unpackbits(packed, bitorder="little")
            found |= {int(word) // 7919 for word in real[flags[slots] != 0]}
        return found

    def said(self, node: str, stage: str, sender: str) -> bytes | None:
        """Return the body that a node holds of a sender's message of a stage."""
        rows = self.nodes.read(
            node,
            "SELECT m.body FROM nodes_stagemessage m JOIN nodes_job j ON j.id = m.job_id"
            " WHERE j.digest = ? AND m.stage = ? AND m.sender = ?",
            self.digest,
            stage,
            sender,
        )
        return bytes(rows[0][0]) if rows else None

    def told(self, node: str) -> list[str]:
        """Return the codes of the events of requests that a node has told of this one."""
        file = self.nodes.house.service_folder(f"node-{node}") / "events.jsonl"
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        about = [row["event.code"] for row in rows if self.digest in row.values()]
        return [code for code in about if code.startswith("request.")]


def _keys(
    owners: int, requester: Ed25519PrivateKey | None, holders: Sequence[OwnerKeys]
) -> list[OwnerKeys]:
    keys = [
        OwnerKeys(sign=Ed25519PrivateKey.generate(), seal=generate_share_key())
        for _ in range(owners)
    ]
    if requester is not None:
        keys[0] = replace(keys[0], sign=requester)
    keys[1 : 1 + len(holders)] = holders
    return keys


def ask(
    nodes: Nodes,
    kind: str = "match",
    *,
    owners: int = 5,
    requester: Ed25519PrivateKey | None = None,
    holders: Sequence[OwnerKeys] = (),
    **terms: Any,
) -> Asked:
    """Publish the sample request of a kind, with fresh keys, at three nodes.

    ``requester``: the key of a requester who has asked before; ``holders``: keys of holders
    who were asked before.
    """
    house = nodes.house
    federation = Live(
        portal=nodes.receivers["a"],
        relay=nodes.receivers["a"],
        nodes=nodes.receivers,
        nodes_file=house.nodes,
        coordinator_key=house.coordinator,
    )
    keys = _keys(owners, requester, holders)
    asker = keys[0].sign if kind == "match" else Ed25519PrivateKey.generate()
    asking = Asking(federation=federation, requester=asker, approvers=APPROVING)
    request_id = secrets.token_hex(16)
    now = datetime.now(UTC).replace(microsecond=0)
    window = Window(opens=now - timedelta(minutes=5), closes=now + timedelta(hours=1))
    given: dict[str, Any] = {
        "request_id": request_id,
        "requester": Requester(name="Owner 0", key=public_bytes(asker)),
        "coordinator": Coordinator(name="Carol", key=public_bytes(house.coordinator)),
        "owners": tuple(_owner(place, kind, one) for place, one in enumerate(keys)),
        "nodes": asking.share_keys(request_id),
        "consenting": window,
        "contributing": window,
        **terms,
    }
    manifest = build_request_manifest(replace(request_terms(kind), **given))
    signed = asking.publish(manifest)
    return Asked(nodes=nodes, asking=asking, keys=keys, manifest=manifest, signed=signed)


def _owner(place: int, kind: str, keys: OwnerKeys) -> Owner:
    return Owner(
        owner=place,
        name=f"Owner {place}",
        role="requester" if kind == "match" and place == 0 else "holder",
        key=public_bytes(keys.sign),
        seal_key=share_public(keys.seal),
    )


def count(document: JSON, kind: str, name: str) -> int | None:
    """Return a count of a result, or None where it is suppressed."""
    found: int | None = document[kind][name]["count"]
    return found
