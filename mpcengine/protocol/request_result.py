"""Put three statements of a request together into ``drempel-result/1``, and verify such a file.

Source: docs/protocol.md §19.11. Verifying builds the document again from what the nodes signed
and compares. The counts per indicator, in the requester's own copy, are opened to the requester
alone: they are checked against form and limits only.
"""

from collections.abc import Mapping, Sequence

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.contact_card import parse_signed_card, verify_card
from mpcengine.protocol.errors import DisclosureRefused, MalformedMessage
from mpcengine.protocol.nodesfile import NodesFile
from mpcengine.protocol.request import MATCH
from mpcengine.protocol.request_manifest import (
    RequestManifest,
    SignedRequestManifest,
    parse_signed_request_manifest,
    verify_signed_request_manifest,
)
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.request_rules import match_rules
from mpcengine.protocol.request_statement import (
    RELEASED,
    VALUE_NAMES,
    RequestStatement,
    open_request_values,
    parse_request_statement,
)
from mpcengine.protocol.result import Verification
from mpcengine.protocol.result_parts import (
    ENOUGH_TO_WITHHOLD,
    RESULT_FORMAT,
    check_agreement,
    first_difference,
    one_reason,
    one_root,
)
from mpcengine.protocol.signedmanifest import check_node_keys
from mpcengine.protocol.signing import (
    LABEL_REQUEST_STATEMENT,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    verify,
)
from mpcengine.protocol.strict import Fields, to_base64

ASSURANCE = "semi-honest"
NOT_USABLE = "not usable"
PER_INDICATOR, CONTACTS = "per_indicator", "contacts"
_REQUIRED = ("format", "manifest", "kind", "state", "reason", "accepted", "rejected", "proof")


def assemble_request_result(
    signed: SignedRequestManifest,
    statements: Sequence[bytes],
    signatures: Sequence[bytes],
    *,
    per_indicator: Sequence[JSON] | None = None,
    contacts: Sequence[JSON] | None = None,
) -> dict[str, JSON]:
    """Return the result document of three released (or two or three withheld) statements.

    Statements stand in order of node index; ``per_indicator`` and ``contacts`` belong into the
    requester's own copy. Raises BadSignature, MalformedMessage, InconsistentShares or
    DisclosureRefused.
    """
    manifest = verify_signed_request_manifest(signed)
    parsed = _verified(manifest, statements, signatures)
    first = parsed[0]
    released = first.state == RELEASED
    document: dict[str, JSON] = {
        "format": RESULT_FORMAT,
        "manifest": manifest.digest,
        "kind": manifest.kind,
        "state": first.state,
        "reason": one_reason(parsed),
        "accepted": accepted_lists(manifest, first) if released else None,
        "rejected": _rejected(first),
    }
    if released:
        opened = open_request_values(manifest.kind, [one.values for one in parsed])
        _recheck(manifest, first, opened)
        section = {name: _shown(opened[name]) for name in VALUE_NAMES[manifest.kind]}
        own = _own_rows(per_indicator, contacts)
        document[manifest.kind] = {"assurance": ASSURANCE, **section, **own}
    nodes = [
        {
            "node": statement.node,
            "key": to_base64(manifest.node(statement.node).identity_key),
            "statement": to_base64(data),
            "signature": to_base64(signature),
        }
        for statement, data, signature in zip(parsed, statements, signatures, strict=True)
    ]
    document["proof"] = {"manifest": signed.to_json(), "root": one_root(parsed), "nodes": nodes}
    return document


def verify_request_result(doc: JSON, nodes: NodesFile | None = None) -> Verification:
    """Verify a request's result file from nothing but itself and, if given, the nodes file.

    Raises the first thing that is off: MalformedInput, BadSignature, MalformedMessage (the path
    of what does not follow), InconsistentShares or DisclosureRefused.
    """
    top = Fields(doc, required=_REQUIRED, optional=tuple(VALUE_NAMES), file=True)
    top.choice("format", (RESULT_FORMAT,))
    kind = top.choice("kind", tuple(VALUE_NAMES))
    proof = top.fields("proof", required=("manifest", "root", "nodes"))
    signed = parse_signed_request_manifest(proof.raw("manifest"), proof.path("manifest"))
    keys = ("node", "key", "statement", "signature")
    rows = proof.rows("nodes", ENOUGH_TO_WITHHOLD, 3, required=keys)
    for row in rows:
        row.data("key", PUBLIC_KEY_BYTES)
    own, contacts = _own_copy(top, kind, PER_INDICATOR), _own_copy(top, kind, CONTACTS)
    rebuilt = assemble_request_result(
        signed,
        [row.data("statement") for row in rows],
        [row.data("signature", SIGNATURE_BYTES) for row in rows],
        per_indicator=own,
        contacts=contacts,
    )
    difference = first_difference(rebuilt, doc)
    if difference is not None:
        raise MalformedMessage(
            "result.differs", f"{difference} does not follow from what the nodes signed."
        )
    manifest = verify_signed_request_manifest(signed)
    if own is not None:
        _check_own_copy(top, manifest, rebuilt)
    if contacts is not None:
        _check_contacts(contacts, manifest)
    if nodes is not None:
        check_node_keys(manifest, nodes)
    return Verification(
        manifest=signed.digest,
        state=rebuilt["state"],
        reason=rebuilt["reason"],
        accepted=rebuilt["accepted"],
        nodes_checked=nodes is not None,
    )


def accepted_lists(manifest: RequestManifest, statement: RequestStatement) -> int:
    """Return how many holders' lists (of a comparison: lists) a released result rests on."""
    return len(statement.lists) - int(manifest.kind == MATCH)


def _verified(
    manifest: RequestManifest, statements: Sequence[bytes], signatures: Sequence[bytes]
) -> list[RequestStatement]:
    if len(statements) != len(signatures):
        raise MalformedMessage("result.statements", "Each statement needs one signature.")
    parsed = [parse_request_statement(data) for data in statements]
    for statement, data, signature in zip(parsed, statements, signatures, strict=True):
        key = manifest.node(statement.node).identity_key
        verify(key, LABEL_REQUEST_STATEMENT, data, signature)
        if statement.manifest != manifest.digest:
            raise MalformedMessage(
                "result.manifest", f"Node {statement.node} signed for another manifest."
            )
    check_agreement(parsed)
    return parsed


def _rejected(statement: RequestStatement) -> list[JSON]:
    count = len(statement.excluded)
    return [{"reason": NOT_USABLE, "count": count}] if count else []


def _own_rows(
    per_indicator: Sequence[JSON] | None, contacts: Sequence[JSON] | None
) -> dict[str, JSON]:
    given = {PER_INDICATOR: per_indicator, CONTACTS: contacts}
    return {key: list(rows) for key, rows in given.items() if rows is not None}


def _shown(count: int | None) -> dict[str, JSON]:
    return {"count": count, "status": "suppressed" if count is None else "released"}


def _recheck(
    manifest: RequestManifest, statement: RequestStatement, opened: Mapping[str, int | None]
) -> None:
    """Raise DisclosureRefused if opened values break a rule that can be seen from outside."""
    owners = {*statement.lists, *statement.excluded}
    if 0 not in statement.lists or max(owners) >= len(manifest.owners):
        raise DisclosureRefused("result.lists", "The statements name lists that cannot be.")
    if len(statement.lists) < manifest.fewest_lists:
        raise DisclosureRefused("result.lists", "Too few lists for this request were released.")
    if manifest.kind == MATCH:
        _recheck_match(manifest, accepted_lists(manifest, statement), opened)
        return
    common, union = opened["intersection"], opened["union"]
    smallest = min(manifest.first_size, manifest.other_size)
    least = manifest.request.min_count
    if common is not None and not least <= common <= smallest - least:
        raise _broken("intersection")
    if union is not None and (common is None or not manifest.request.list_sizes):
        raise _broken("union")


def _recheck_match(
    manifest: RequestManifest, holders: int, opened: Mapping[str, int | None]
) -> None:
    organisations, indicators = opened["organisations"], opened["indicators"]
    rules = match_rules(manifest.request, holders)
    if organisations is not None and not rules.lowest <= organisations <= rules.highest:
        raise _broken("organisations")
    least = manifest.request.min_count
    if indicators is None:
        return
    if organisations is None or not least <= indicators <= manifest.first_size - least:
        raise _broken("indicators")


def _broken(name: str) -> DisclosureRefused:
    return DisclosureRefused(f"recheck.{name}", f"The released {name} breaks the rules.")


def _own_copy(top: Fields, kind: str, key: str) -> list[JSON] | None:
    if kind != MATCH or not top.has(MATCH):
        return None
    names = ("assurance", *VALUE_NAMES[MATCH])
    section = top.fields(MATCH, required=names, optional=(PER_INDICATOR, CONTACTS))
    return section.items(key, 0, 1 << 24) if section.has(key) else None


def _check_contacts(rows: Sequence[JSON], manifest: RequestManifest) -> None:
    """Raise for cards that no holder signed for this question, or where it offers none."""
    if manifest.contact is None:
        raise MalformedMessage("result.contacts", "This question offers no contact.")
    owners = []
    for place, row in enumerate(rows):
        where = f"{MATCH}.{CONTACTS}[{place}]"
        signed = parse_signed_card(row, where, file=True)
        verify_card(manifest, signed)
        owners.append(signed.card.owner)
    if owners != sorted(set(owners)) or FIRST in owners:
        raise MalformedMessage("result.contacts", "Cards are holders', each once, ascending.")


def _check_own_copy(
    top: Fields, manifest: RequestManifest, rebuilt: Mapping[str, JSON]
) -> None:
    required = ("value", "organisations", "status")
    section = top.fields(MATCH, required=rebuilt[MATCH].keys())
    rows = section.rows(PER_INDICATOR, 0, 1 << 24, required=required, optional=("type",))
    organisations = rebuilt[MATCH]["organisations"]["count"]
    if rows and organisations is None:
        raise section.refuse(PER_INDICATOR, "must be empty where organisations are hidden")
    lowest = match_rules(manifest.request, rebuilt["accepted"]).lowest
    keys = []
    for row in rows:
        row.choice("status", (RELEASED,))
        row.integer("organisations", lowest, organisations)
        kind = row.choice("type", manifest.request.identifiers) if row.has("type") else ""
        keys.append((row.text("value", longest=10_000), kind))
    if keys != sorted(set(keys)):
        raise section.refuse(PER_INDICATOR, "must have each value once, ascending")
    indicators = rebuilt[MATCH]["indicators"]["count"]
    if indicators is not None and len(rows) > indicators:
        raise section.refuse(PER_INDICATOR, "must not be more than indicators")
