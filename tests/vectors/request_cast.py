"""A match and a comparison with keys, lists and outcomes that are the same on every machine.

Every key is derived from its name; none may be used anywhere else.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache

from mpcengine.protocol.approval import SignedApproval, sign_approval
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.consent import Consent, consents_digest, draw_nonce, sign_consent
from mpcengine.protocol.contribution import contributions_root
from mpcengine.protocol.envelope import share_public
from mpcengine.protocol.manifest_parts import Coordinator, Window
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.request_manifest import (
    Approvals,
    Approver,
    Owner,
    Requester,
    RequestManifest,
    RequestNode,
    RequestTerms,
    SignedRequestManifest,
    build_request_manifest,
)
from mpcengine.protocol.request_statement import (
    RELEASED,
    RequestStatement,
    SharedValue,
    build_request_statement,
)
from mpcengine.protocol.signing import (
    LABEL_REQUEST_MANIFEST,
    LABEL_REQUEST_STATEMENT,
    public_bytes,
    sign,
)
from mpcengine.protocol.words import node_components, snapshot_digest
from tests.vectors.cast import ed25519, p256, seed

REQUEST_ID = "ffeeddccbbaa99887766554433221100"
OWNERS = ("Requester", "Holder One", "Holder Two", "Holder Three", "Holder Four")
MATCH_REQUEST: dict[str, JSON] = {
    "format": "drempel-request/1",
    "kind": "match",
    "title": {"en": "Seen these addresses?"},
    "purpose": {"en": "Find out how far one attack has spread."},
    "identifier": ["ipv4", "domain"],
    "min_organisations": 3,
    "min_count": 5,
    "holder_feedback": "items",
}
COMPARE_REQUEST: dict[str, JSON] = {
    "format": "drempel-request/1",
    "kind": "compare",
    "title": {"en": "How much do two registers overlap?"},
    "purpose": {"en": "Decide whether a joint search is worth while."},
    "identifier": "bsn",
    "min_count": 10,
    "list_sizes": True,
}


APPROVERS = ("Amir", "Bea")
APPROVALS = Approvals(
    needed=2,
    approvers=tuple(
        Approver(name=name, organisation=f"Board of {name}", key=public_bytes(ed25519(name)))
        for name in APPROVERS
    ),
)


def approved(manifest: RequestManifest) -> tuple[SignedApproval, ...]:
    """Return both approvers' signed approvals of a manifest."""
    return tuple(
        sign_approval(ed25519(name), manifest.digest, place)
        for place, name in enumerate(APPROVERS)
    )


def owner(number: int, kind: str) -> Owner:
    """Return an owner of a list in the sample request of this kind."""
    name = OWNERS[number]
    return Owner(
        owner=number,
        name=name,
        role="requester" if kind == "match" and number == 0 else "holder",
        key=public_bytes(ed25519(name)),
        seal_key=share_public(p256(f"seal {name}")),
    )


def request_node(index: int) -> RequestNode:
    """Return the manifest's section for one node."""
    name = NODE_NAMES[index - 1]
    return RequestNode(
        node=name,
        index=index,
        name=f"Operator {name.upper()}",
        url=f"http://127.0.0.1:900{index}",
        identity_key=public_bytes(ed25519(f"identity {index}")),
        share_key=share_public(p256(f"request share {index}")),
    )


def request_terms(kind: str = "match") -> RequestTerms:
    """Return the terms of the sample match or comparison."""
    day = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    definition = MATCH_REQUEST if kind == "match" else COMPARE_REQUEST
    number = len(OWNERS) if kind == "match" else 2
    return RequestTerms(
        request_id=REQUEST_ID,
        request=parse_request(definition),
        requester=Requester(name=OWNERS[0], key=public_bytes(ed25519(OWNERS[0]))),
        coordinator=Coordinator(name="Carol", key=public_bytes(ed25519("coordinator"))),
        approvals=APPROVALS,
        owners=tuple(owner(place, kind) for place in range(number)),
        nodes=tuple(request_node(index) for index in (1, 2, 3)),
        first_size=64,
        other_size=128,
        consenting=Window(opens=day, closes=day.replace(day=12)),
        contributing=Window(opens=day, closes=day.replace(day=26)),
    )


@cache
def request_manifest(kind: str = "match") -> RequestManifest:
    """Return the sample request manifest of this kind."""
    return build_request_manifest(request_terms(kind))


def sign_request_manifest(manifest: RequestManifest) -> SignedRequestManifest:
    """Return the manifest signed by all five."""
    first, second, third = (
        sign(ed25519(f"identity {index}"), LABEL_REQUEST_MANIFEST, manifest.raw)
        for index in (1, 2, 3)
    )
    return SignedRequestManifest(
        manifest=manifest.raw,
        requester_signature=sign(ed25519(OWNERS[0]), LABEL_REQUEST_MANIFEST, manifest.raw),
        coordinator_signature=sign(
            ed25519("coordinator"), LABEL_REQUEST_MANIFEST, manifest.raw
        ),
        approvals=approved(manifest),
        signatures=(first, second, third),
    )


def consents(kind: str = "match") -> dict[int, tuple[bytes, bytes]]:
    """Return every owner's consent and signature."""
    manifest = request_manifest(kind)
    found = {}
    for one in manifest.owners:
        snapshot = snapshot_digest(seed(f"snapshot {one.name}"), [one.owner])
        consent = Consent(manifest=manifest.digest, owner=one.owner, snapshot=snapshot)
        found[one.owner] = sign_consent(ed25519(one.name), consent)
    return found


def nonce(kind: str = "match", number: int = 1) -> tuple[bytes, bytes]:
    """Return the digest of the consents and the nonce of this number."""
    manifest = request_manifest(kind)
    taken = consents_digest(
        manifest.digest, {owner: data for owner, (data, _) in consents(kind).items()}
    )
    parts = [seed(f"nonce {number} {index}") for index in (1, 2, 3)]
    return taken, draw_nonce(manifest.digest, number=number, consents=taken, parts=parts)


def root(kind: str = "match") -> Digest:
    """Return a root of the sample job; its headers are invented."""
    manifest = request_manifest(kind)
    taken, drawn = nonce(kind)
    headers = {one.owner: seed(f"header {one.owner}") for one in manifest.owners}
    return contributions_root(manifest.digest, consents=taken, nonce=drawn, headers=headers)


def pairs(name: str, word: int) -> list[tuple[int, int]]:
    """Return each node's two components of a word, in order of index."""
    first, second = (
        int.from_bytes(seed(f"component {name} {k}")[:8], "little") for k in (0, 1)
    )
    components = (first, second, first ^ second ^ word)
    return [(components[one], components[two]) for one, two in map(node_components, (1, 2, 3))]


def statements(
    kind: str,
    values: Mapping[str, int | None],
    *,
    lists: Sequence[int] | None = None,
    excluded: Sequence[int] = (),
) -> list[RequestStatement]:
    """Return three nodes' statements that release these values; None is not shown."""
    manifest = request_manifest(kind)
    used = range(len(manifest.owners)) if lists is None else lists
    shared = {
        name: (pairs(f"{name} shown", int(value is not None)), pairs(name, value or 0))
        for name, value in values.items()
    }
    return [
        RequestStatement(
            node=node,
            manifest=manifest.digest,
            state=RELEASED,
            reason=None,
            root=root(kind),
            lists=tuple(used),
            excluded=tuple(excluded),
            values={
                name: SharedValue(shown=shown[place], value=value[place])
                for name, (shown, value) in shared.items()
            },
        )
        for place, node in enumerate(NODE_NAMES)
    ]


def sign_statements(
    made: Sequence[RequestStatement],
) -> tuple[list[bytes], list[bytes]]:
    """Return the statements' bytes and their signatures."""
    data = [build_request_statement(one) for one in made]
    keys = [ed25519(f"identity {NODE_NAMES.index(one.node) + 1}") for one in made]
    signatures = [
        sign(key, LABEL_REQUEST_STATEMENT, body) for key, body in zip(keys, data, strict=True)
    ]
    return data, signatures
