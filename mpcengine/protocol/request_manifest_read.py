"""Read a request manifest strictly: every key, and that one follows from the other.

Source: docs/protocol.md §19.5.
"""

from collections.abc import Mapping

from mpcengine.protocol.buckets import capacity, fits_buckets, is_size_class
from mpcengine.protocol.canonical import JSON, digest, parse_canonical
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.identifiers import VERSIONS
from mpcengine.protocol.manifest_parts import Coordinator, Window
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.orders import SURVEY_ID_BYTES
from mpcengine.protocol.request import KINDS, MATCH, NONE, POST, Request, parse_request
from mpcengine.protocol.request_manifest_parts import (
    HOLDER,
    REQUEST_SUITE,
    REQUESTER,
    Approvals,
    Approver,
    ContactTerms,
    Owner,
    Requester,
    RequestManifest,
    RequestNode,
)
from mpcengine.protocol.schemas_request import (
    LARGEST_LIST,
    MOST_APPROVERS,
    MOST_BUCKETS,
    MOST_DECIDE_DAYS,
    MOST_KEEP_DAYS,
    MOST_OWNERS,
    REQUEST_MANIFEST_FORMAT,
)
from mpcengine.protocol.signing import POINT_BYTES, PUBLIC_KEY_BYTES, parse_point
from mpcengine.protocol.strict import Fields
from mpcengine.protocol.words import FEDERATION_BYTES, federation_salt

_KEYS = (
    "format",
    "kind",
    "request_id",
    "request",
    "suite",
    "canonicalisers",
    "federation",
    "requester",
    "coordinator",
    "approvals",
    "owners",
    "nodes",
    "sizes",
    "buckets",
    "capacities",
    "consenting",
    "contributing",
    "give_up_after_days",
    "contact",
)
_OWNER_KEYS = ("owner", "name", "role", "key", "seal_key")
_APPROVER_KEYS = ("name", "organisation", "key")
_NODE_KEYS = ("node", "index", "name", "url", "identity_key", "share_key")


def parse_request_manifest(data: bytes) -> RequestManifest:
    """Read a request manifest; raise MalformedMessage or MalformedInput.

    Checks canonical form, every key, the request's normal form, canonicalisers and federation,
    roles, distinct keys, sizes, buckets, capacities, and times in order. Whether an operator
    agrees: ``request_policy``.
    """
    top = Fields(parse_canonical(data), required=_KEYS)
    top.choice("format", (REQUEST_MANIFEST_FORMAT,))
    kind = top.choice("kind", KINDS)
    if top.raw("suite") != REQUEST_SUITE:
        raise top.refuse("suite", "is not the suite of this version", code="manifest.suite")
    request = _request(top, kind)
    consenting, contributing = _windows(top)
    first, others, buckets = _sizes(top)
    manifest = RequestManifest(
        raw=data,
        digest=digest(data),
        kind=kind,
        request_id=top.hexadecimal("request_id", SURVEY_ID_BYTES),
        request=request,
        federation=bytes.fromhex(top.hexadecimal("federation", FEDERATION_BYTES)),
        requester=Requester(**_party(top, "requester")),
        coordinator=Coordinator(**_party(top, "coordinator")),
        approvals=_approvals(top),
        owners=_owners(top),
        nodes=_nodes(top),
        first_size=first,
        other_size=others,
        buckets=buckets,
        consenting=consenting,
        contributing=contributing,
        give_up_after_days=top.integer("give_up_after_days", 1, 365),
        contact=_contact(top, request.contact),
    )
    _check_federation(top, manifest)
    _check_roles(top, manifest)
    _check_keys(top, manifest)
    return manifest


def _request(top: Fields, kind: str) -> Request:
    request = parse_request(top.raw("request"))
    if request.to_json() != top.raw("request"):
        raise top.refuse("request", "is not in normal form", code="manifest.request")
    if request.kind != kind:
        raise top.refuse("kind", "is not the kind of the request", code="manifest.request")
    versions: Mapping[str, JSON] = {name: VERSIONS[name] for name in request.identifiers}
    if top.raw("canonicalisers") != versions:
        raise top.refuse(
            "canonicalisers",
            "must name the types of the request with their versions",
            code="manifest.canonicalisers",
        )
    return request


def _windows(top: Fields) -> tuple[Window, Window]:
    consenting, contributing = _window(top, "consenting"), _window(top, "contributing")
    if contributing.opens < consenting.opens or contributing.closes < consenting.closes:
        raise top.refuse(
            "contributing",
            "must begin and end no earlier than consenting",
            code="manifest.times",
        )
    return consenting, contributing


def _window(top: Fields, key: str) -> Window:
    section = top.fields(key, required=("opens", "closes"))
    window = Window(opens=section.moment("opens"), closes=section.moment("closes"))
    if window.closes <= window.opens:
        raise section.refuse("closes", "must be later than opens", code="manifest.times")
    return window


def _sizes(top: Fields) -> tuple[int, int, int]:
    section = top.fields("sizes", required=("first", "others"))
    first = section.integer("first", 1, LARGEST_LIST)
    others = section.integer("others", 1, LARGEST_LIST)
    if not is_size_class(first) or not is_size_class(others):
        raise top.refuse("sizes", "must be powers of two from 64", code="manifest.sizes")
    buckets = top.integer("buckets", 1, MOST_BUCKETS)
    if not fits_buckets(first, others, buckets):
        raise top.refuse(
            "buckets", "must be a power of two that leaves 1,024 each", code="manifest.sizes"
        )
    capacities = {"first": capacity(first, buckets), "others": capacity(others, buckets)}
    if top.raw("capacities") != capacities:
        raise top.refuse(
            "capacities", "do not follow from sizes and buckets", code="manifest.sizes"
        )
    return first, others, buckets


def _contact(top: Fields, mode: str) -> ContactTerms | None:
    if mode == NONE:
        if top.raw("contact") is not None:
            raise top.refuse("contact", "must be null where no contact is offered")
        return None
    section = top.fields("contact", required=("decide_days", "keep_days"))
    fewest, most = (1, MOST_DECIDE_DAYS) if mode == POST else (0, 0)
    return ContactTerms(
        decide_days=section.integer("decide_days", fewest, most),
        keep_days=section.integer("keep_days", 1, MOST_KEEP_DAYS),
    )


def _party(top: Fields, key: str) -> dict[str, JSON]:
    section = top.fields(key, required=("name", "key"))
    return {"name": section.text("name"), "key": section.data("key", PUBLIC_KEY_BYTES)}


def _approvals(top: Fields) -> Approvals:
    section = top.fields("approvals", required=("needed", "approvers"))
    rows = section.rows("approvers", 0, MOST_APPROVERS, required=_APPROVER_KEYS)
    approvers = tuple(
        Approver(
            name=row.text("name"),
            organisation=row.text("organisation"),
            key=row.data("key", PUBLIC_KEY_BYTES),
        )
        for row in rows
    )
    return Approvals(needed=section.integer("needed", 0, len(rows)), approvers=approvers)


def _owners(top: Fields) -> tuple[Owner, ...]:
    rows = top.rows("owners", 2, MOST_OWNERS, required=_OWNER_KEYS)
    return tuple(
        Owner(
            owner=row.integer("owner", number, number),
            name=row.text("name"),
            role=row.choice("role", (REQUESTER, HOLDER)),
            key=row.data("key", PUBLIC_KEY_BYTES),
            seal_key=_point(row, "seal_key"),
        )
        for number, row in enumerate(rows)
    )


def _nodes(top: Fields) -> tuple[RequestNode, ...]:
    rows = top.rows("nodes", 3, 3, required=_NODE_KEYS)
    return tuple(
        RequestNode(
            node=row.choice("node", (NODE_NAMES[index - 1],)),
            index=row.integer("index", index, index),
            name=row.text("name"),
            url=row.url("url"),
            identity_key=row.data("identity_key", PUBLIC_KEY_BYTES),
            share_key=_point(row, "share_key"),
        )
        for index, row in enumerate(rows, start=1)
    )


def _point(row: Fields, key: str) -> bytes:
    point = row.data(key, POINT_BYTES)
    try:
        parse_point(point)
    except MalformedMessage:
        raise row.refuse(key, "must be a point on P-256") from None
    return point


def _check_federation(top: Fields, manifest: RequestManifest) -> None:
    if manifest.federation != federation_salt([node.identity_key for node in manifest.nodes]):
        raise top.refuse(
            "federation", "does not follow from the nodes' keys", code="manifest.federation"
        )


def _check_roles(top: Fields, manifest: RequestManifest) -> None:
    first, *others = manifest.owners
    asks = manifest.kind == MATCH
    wanted = [REQUESTER if asks else HOLDER] + [HOLDER] * len(others)
    if [owner.role for owner in manifest.owners] != wanted:
        raise top.refuse("owners", "have other roles than the kind asks", code="manifest.roles")
    if asks and (first.key, first.name) != (manifest.requester.key, manifest.requester.name):
        raise top.refuse("owners[0]", "must be the requester in a match", code="manifest.roles")


def _check_keys(top: Fields, manifest: RequestManifest) -> None:
    signing = [owner.key for owner in manifest.owners]
    signing += [node.identity_key for node in manifest.nodes] + [manifest.coordinator.key]
    signing += [one.key for one in manifest.approvals.approvers]
    points = [owner.seal_key for owner in manifest.owners]
    points += [node.share_key for node in manifest.nodes]
    others = signing[len(manifest.owners) :]
    if len(set(signing)) != len(signing) or manifest.requester.key in others:
        raise top.refuse("owners", "must have keys of their own", code="manifest.keys")
    if len(set(points)) != len(points):
        raise top.refuse("owners", "must have seal keys of their own", code="manifest.keys")
