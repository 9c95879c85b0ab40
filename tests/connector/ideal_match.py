"""What a match and a comparison come to: Python sets, and the rules of §19.9 in the clear."""

import secrets

from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request import HIT, ITEMS, MATCH
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.request_rules import (
    MatchOutcome,
    Verdict,
    compare_outcome,
    compare_rules,
    match_outcome,
    match_rules,
)
from mpcengine.protocol.request_statement import (
    RELEASED,
    RequestStatement,
    SharedValue,
    build_request_statement,
    withheld_request,
)
from mpcengine.protocol.words import node_components

Lists = dict[int, list[tuple[list[int], int]]]
"""By owner, for each bucket: the padded words, ascending, and how many of them are real."""


def values_of(manifest: RequestManifest, lists: Lists) -> dict[str, int | None]:
    """Return each value of the request's kind, None where it is not shown."""
    sizes = [sum(real for _, real in rows) for rows in lists.values()]
    if manifest.kind != MATCH:
        rules = compare_rules(manifest.request, len(lists))
        found = compare_outcome(rules, sizes, _flags(lists))
        return {"intersection": _shown(found.intersection), "union": _shown(found.union)}
    match = _match(manifest, lists)
    return {
        "organisations": _shown(match.organisations),
        "indicators": _shown(match.indicators),
    }


def private_rows(manifest: RequestManifest, lists: Lists) -> dict[tuple[int, int], bytes]:
    """Return each owner's private bytes of each bucket (§19.10)."""
    if manifest.kind != MATCH:
        return {}
    counts = iter(_match(manifest, lists).counts)
    rows: dict[tuple[int, int], bytes] = {}
    for bucket, (words, _) in enumerate(lists[0]):
        rows[0, bucket] = bytes(next(counts) for _ in words)
    asked = _whole(lists[0])
    for owner in _others(lists):
        hits = asked & _whole(lists[owner])
        for bucket, (words, _) in enumerate(lists[owner]):
            if manifest.request.holder_feedback == ITEMS:
                flags = sum(1 << slot for slot, word in enumerate(words) if word in hits)
                rows[owner, bucket] = flags.to_bytes((len(words) + 7) // 8, "little")
            elif manifest.request.holder_feedback == HIT and bucket == 0:
                rows[owner, bucket] = bytes((int(bool(hits)),))
    return rows


def _match(manifest: RequestManifest, lists: Lists) -> MatchOutcome:
    size = sum(real for _, real in lists[0])
    rules = match_rules(manifest.request, len(lists) - 1)
    return match_outcome(rules, size, _flags(lists))


def _flags(lists: Lists) -> list[list[bool]]:
    """Return each other list's flags in the order of the first list's slots."""
    first = [word for words, _ in lists[0] for word in words]
    held = [_whole(lists[owner]) for owner in _others(lists)]
    return [[word in own for word in first] for own in held]


def _others(lists: Lists) -> list[int]:
    return [owner for owner in lists if owner]


def _whole(rows: list[tuple[list[int], int]]) -> set[int]:
    return {word for words, _ in rows for word in words}


def _shown(verdict: Verdict) -> int | None:
    return verdict.value if verdict.shown else None


def statements_of(manifest: RequestManifest, lists: Lists, root: Digest) -> list[bytes]:
    """Return three nodes' statements of a request computed with these lists."""
    if len(lists) < manifest.fewest_lists or 0 not in lists:
        reason = "too few lists"
        return [
            build_request_statement(
                withheld_request(node=node, manifest=manifest.digest, reason=reason)
            )
            for node in NODE_NAMES
        ]
    values = {
        name: (shared(int(value is not None)), shared(value or 0))
        for name, value in values_of(manifest, lists).items()
    }
    owners = [one.owner for one in manifest.owners]
    return [
        build_request_statement(
            RequestStatement(
                node=node,
                manifest=manifest.digest,
                state=RELEASED,
                reason=None,
                root=root,
                lists=tuple(lists),
                excluded=tuple(owner for owner in owners if owner not in lists),
                values={
                    name: SharedValue(shown=shown[place], value=value[place])
                    for name, (shown, value) in values.items()
                },
            )
        )
        for place, node in enumerate(NODE_NAMES)
    ]


def shared(word: int) -> list[tuple[int, int]]:
    """Return each node's two components of a word."""
    first, second = secrets.randbits(64), secrets.randbits(64)
    held = (first, second, first ^ second ^ word)
    return [(held[a], held[b]) for a, b in map(node_components, (1, 2, 3))]


def shared_bytes(row: bytes) -> list[tuple[bytes, bytes]]:
    """Return each node's two components of some bytes."""
    first, second = secrets.token_bytes(len(row)), secrets.token_bytes(len(row))
    third = bytes(a ^ b ^ c for a, b, c in zip(row, first, second, strict=True))
    held = (first, second, third)
    return [(held[a], held[b]) for a, b in map(node_components, (1, 2, 3))]
