"""Put three statements together into ``drempel-result/1``, and verify such a file.

Source: docs/protocol.md §14. Verifying builds the whole document again from what the nodes
signed and compares: no number, status or label in the file is taken on trust.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mpcengine.protocol.batch import (
    SUPERSEDED,
    Rejected,
    Verdict,
    batch_root,
    verdict_digest,
)
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.disclosure_recheck import Opened, recheck_released, recheck_texts
from mpcengine.protocol.errors import DisclosureRefused, MalformedMessage
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NodesFile
from mpcengine.protocol.pattern import opened_texts
from mpcengine.protocol.released import Release, statistics_json, tables_json, texts_json
from mpcengine.protocol.result_parts import (
    ENOUGH_TO_WITHHOLD,
    RESULT_FORMAT,
    check_agreement,
    first_difference,
    one_reason,
    one_root,
)
from mpcengine.protocol.signedmanifest import (
    SignedManifest,
    check_node_keys,
    parse_signed_manifest,
    verify_signed_manifest,
)
from mpcengine.protocol.signing import (
    LABEL_STATEMENT,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    verify,
)
from mpcengine.protocol.statement import (
    RELEASED,
    Statement,
    open_values,
    parse_statement,
    pattern_from_names,
)
from mpcengine.protocol.strict import Fields, to_base64
from mpcengine.protocol.text_shares import Texts, open_texts
from mpcengine.protocol.texts import unpack_text

_REQUIRED = ("format", "manifest", "kind", "state", "reason", "accepted", "rejected", "proof")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Say what holds of a verified result.

    ``nodes_checked`` is False where the keys came from the result itself.
    """

    manifest: Digest
    state: str
    reason: str | None
    accepted: int | None
    nodes_checked: bool


def assemble_result(
    signed: SignedManifest, statements: Sequence[bytes], signatures: Sequence[bytes]
) -> dict[str, JSON]:
    """Return the result document of three released (or two or three withheld) statements.

    Statements stand in order of node index. Verifies manifest and statements, opens the values
    with the line check and checks them against the release rules. Raises BadSignature,
    MalformedMessage, InconsistentShares or DisclosureRefused.
    """
    manifest = verify_signed_manifest(signed)
    parsed = _verified(manifest, statements, signatures)
    first = parsed[0]
    document: dict[str, JSON] = {
        "format": RESULT_FORMAT,
        "manifest": manifest.digest,
        "kind": manifest.kind,
        "state": first.state,
        "reason": one_reason(parsed),
        "accepted": first.accepted,
        "rejected": [{"reason": reason, "count": n} for reason, n in first.rejected],
    }
    if first.state == RELEASED:
        document |= _numbers(manifest, parsed)
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


def verify_result(doc: JSON, nodes: NodesFile | None = None) -> Verification:
    """Verify a result file from nothing but itself and, if given, the nodes file.

    Raises the first thing that is off: MalformedInput (the file is no result), BadSignature,
    MalformedMessage (the path of a number that does not follow), InconsistentShares or
    DisclosureRefused.
    """
    top = Fields(doc, required=_REQUIRED, optional=("tables", "statistics", "texts"), file=True)
    top.choice("format", (RESULT_FORMAT,))
    proof = top.fields("proof", required=("manifest", "root", "nodes"))
    signed = parse_signed_manifest(proof.raw("manifest"), proof.path("manifest"))
    keys = ("node", "key", "statement", "signature")
    rows = proof.rows("nodes", ENOUGH_TO_WITHHOLD, 3, required=keys)
    for row in rows:
        row.data("key", PUBLIC_KEY_BYTES)
    rebuilt = assemble_result(
        signed,
        [row.data("statement") for row in rows],
        [row.data("signature", SIGNATURE_BYTES) for row in rows],
    )
    difference = first_difference(rebuilt, doc)
    if difference is not None:
        raise MalformedMessage(
            "result.differs", f"{difference} does not follow from what the nodes signed."
        )
    if nodes is not None:
        # Keys only: a node may have moved since the result was signed.
        check_node_keys(verify_signed_manifest(signed), nodes)
    return Verification(
        manifest=signed.digest,
        state=rebuilt["state"],
        reason=rebuilt["reason"],
        accepted=rebuilt["accepted"],
        nodes_checked=nodes is not None,
    )


def read_texts(opened: Opened, shares: Sequence[Texts]) -> dict[str, list[str]]:
    """Return the texts behind three nodes' shares, by question; unreadable ones are empty.

    Raises InconsistentShares for shares off the line, DisclosureRefused for another number of
    texts than the release rules give.
    """
    items = opened_texts(opened.plan, opened.pattern)
    rows = open_texts(items, shares)
    recheck_texts(opened, {question: len(texts) for question, texts in rows.items()})
    return {
        item.question: [unpack_text(words, item.max_bytes) for words in rows[item.question]]
        for item in items
    }


def verify_lists(
    statement: Statement, accepted: Sequence[str], rejected: Sequence[Rejected]
) -> None:
    """Raise MalformedMessage unless a node's published lists are those it signed for.

    The root covers the ids that counted (all but the superseded ones); the verdict's digest
    covers both lists whole.
    """
    failed = [entry.package for entry in rejected if entry.reason != SUPERSEDED]
    counted = sorted([*accepted, *failed])
    verdict = Verdict(accepted=tuple(accepted), rejected=tuple(rejected))
    if batch_root(statement.manifest, counted) != statement.root:
        raise MalformedMessage("lists.root", "The published lists do not give the signed root.")
    if verdict_digest(statement.manifest, verdict) != statement.verdict:
        raise MalformedMessage(
            "lists.verdict", "The published lists do not give the signed verdict."
        )


def _verified(
    manifest: Manifest, statements: Sequence[bytes], signatures: Sequence[bytes]
) -> list[Statement]:
    if len(statements) != len(signatures):
        raise MalformedMessage("result.statements", "Each statement needs one signature.")
    parsed = [parse_statement(data) for data in statements]
    for statement, data, signature in zip(parsed, statements, signatures, strict=True):
        key = manifest.node(statement.node).identity_key
        verify(key, LABEL_STATEMENT, data, signature)
        if statement.manifest != manifest.digest:
            raise MalformedMessage(
                "result.manifest", f"Node {statement.node} signed for another manifest."
            )
    check_agreement(parsed)
    return parsed


def _numbers(manifest: Manifest, parsed: Sequence[Statement]) -> dict[str, JSON]:
    plan, survey = manifest.layout.plan, manifest.survey
    accepted = parsed[0].accepted or 0
    if accepted < survey.min_count:
        raise DisclosureRefused(
            "result.accepted", "Fewer answers than min_count were released."
        )
    values = open_values([statement.shares for statement in parsed])
    pattern = pattern_from_names(plan, parsed[0].released)
    recheck_released(plan, pattern, values, accepted, survey.min_count)
    opened = Opened(
        plan=plan,
        pattern=pattern,
        values=values,
        accepted=accepted,
        min_count=survey.min_count,
    )
    release = Release(
        plan=plan,
        pattern=pattern,
        values=values,
        accepted=accepted,
        texts=read_texts(opened, [statement.texts for statement in parsed]),
    )
    order = {question.id: place for place, question in enumerate(survey.questions)}
    return {
        "tables": tables_json(release, order),
        "statistics": statistics_json(release),
        "texts": texts_json(release),
    }
