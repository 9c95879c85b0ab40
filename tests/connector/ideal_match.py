"""What a match and a comparison come to, on Python sets: the rules of §19.9 in the clear."""

import secrets
from collections.abc import Mapping

from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request import HIT, ITEMS, MATCH
from mpcengine.protocol.request_manifest import RequestManifest
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
    sizes = {owner: sum(real for _, real in rows) for owner, rows in lists.items()}
    k = manifest.request.min_count
    if manifest.kind != MATCH:
        common = set.intersection(*(_whole(rows) for rows in lists.values()))
        shown = all(k <= len(common) <= size - k for size in sizes.values())
        union = sum(sizes.values()) - len(common)
        is_union = shown and manifest.request.list_sizes and len(lists) == 2
        return {
            "intersection": len(common) if shown else None,
            "union": union if is_union else None,
        }
    counts = per_indicator(lists)
    organisations = sum(1 for owner in _others(lists) if _hits(lists, owner))
    shown = enough(manifest, organisations, len(lists) - 1)
    matched = len(counts)
    single = sum(1 for n in counts.values() if enough(manifest, n, len(lists) - 1))
    is_between = k <= matched <= sizes[0] - k
    is_apart = matched == single or matched - single >= k
    return {
        "organisations": organisations if shown else None,
        "indicators": matched if shown and is_between and is_apart else None,
    }


def enough(manifest: RequestManifest, count: int, holders: int) -> bool:
    """Tell whether a number of organisations may be shown."""
    request = manifest.request
    is_all = request.hide_all and count == holders
    return count - int(request.leave_one_out) >= request.min_organisations and not is_all


def per_indicator(lists: Lists) -> Mapping[int, int]:
    """Return by word of owner 0 how many others hold it, where any does."""
    counts: dict[int, int] = {}
    for owner in _others(lists):
        for word in _hits(lists, owner):
            counts[word] = counts.get(word, 0) + 1
    return counts


def private_rows(manifest: RequestManifest, lists: Lists) -> dict[tuple[int, int], bytes]:
    """Return each owner's private bytes of each bucket (§19.10)."""
    if manifest.kind != MATCH:
        return {}
    counts = per_indicator(lists)
    rows: dict[tuple[int, int], bytes] = {}
    for bucket, (words, _) in enumerate(lists[0]):
        numbers = [counts.get(word, 0) for word in words]
        holders = len(lists) - 1
        rows[0, bucket] = bytes(n if enough(manifest, n, holders) else 0 for n in numbers)
    for owner in _others(lists):
        hits = _hits(lists, owner)
        for bucket, (words, _) in enumerate(lists[owner]):
            if manifest.request.holder_feedback == ITEMS:
                flags = sum(1 << slot for slot, word in enumerate(words) if word in hits)
                rows[owner, bucket] = flags.to_bytes((len(words) + 7) // 8, "little")
            elif manifest.request.holder_feedback == HIT and bucket == 0:
                rows[owner, bucket] = bytes((int(bool(hits)),))
    return rows


def _others(lists: Lists) -> list[int]:
    return [owner for owner in lists if owner]


def _hits(lists: Lists, owner: int) -> set[int]:
    return _whole(lists[0]) & _whole(lists[owner])


def _whole(rows: list[tuple[list[int], int]]) -> set[int]:
    return {word for words, _ in rows for word in words}


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
