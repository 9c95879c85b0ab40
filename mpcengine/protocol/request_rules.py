"""What a match or a comparison of lists shows, in plain Python: the reference for the circuits.

Source: docs/protocol.md §19.9, corrections B9. Numbers are words: sums are modulo 2^64.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mpcengine.protocol.request import Request

_WORD = 2**64


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say whether a value is shown; one that is not is 0."""

    shown: bool
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRules:
    """Bound what a match shows: organisations from ``lowest`` to ``highest``.

    ``min_count``: fewest indicators shown, and fewest of the requester's that are not.
    """

    min_count: int
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRules:
    """Bound what a comparison shows; ``with_union`` says whether the union may be."""

    min_count: int
    with_union: bool


@dataclass(frozen=True, slots=True)
class MatchOutcome:
    """Hold both values, what the requester sees of each slot, and which holders have a hit."""

    organisations: Verdict
    indicators: Verdict
    counts: tuple[int, ...]
    hits: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class CompareOutcome:
    """Hold both values of a comparison."""

    intersection: Verdict
    union: Verdict


def match_rules(request: Request, holders: int) -> MatchRules:
    """Return the rules of a match in which ``holders`` take part."""
    return MatchRules(
        min_count=request.min_count,
        lowest=request.min_organisations + int(request.leave_one_out),
        highest=holders - int(request.hide_all),
    )


def compare_rules(request: Request, lists: int) -> CompareRules:
    """Return the rules of a comparison of ``lists`` lists."""
    return CompareRules(
        min_count=request.min_count, with_union=request.list_sizes and lists == 2
    )


def match_outcome(
    rules: MatchRules, size: int, flags: Sequence[Sequence[bool]]
) -> MatchOutcome:
    """Return the outcome for each holder's flags in the order of the requester's slots.

    ``size``: how many of the slots are the requester's values; no other slot has a flag.
    """
    per_slot = [sum(slot) for slot in zip(*flags, strict=True)]
    hits = tuple(any(one) for one in flags)
    organisations = _verdict(rules.lowest <= sum(hits) <= rules.highest, sum(hits))
    enough = [rules.lowest <= count <= rules.highest for count in per_slot]
    held = sum(count > 0 for count in per_slot)
    hidden = held - sum(enough)
    within = rules.min_count <= held and held + rules.min_count <= size
    apart = hidden == 0 or hidden >= rules.min_count
    counts = tuple(
        count if show and organisations.shown else 0
        for count, show in zip(per_slot, enough, strict=True)
    )
    indicators = _verdict(organisations.shown and within and apart, held)
    return MatchOutcome(organisations, indicators, counts, hits)


def compare_outcome(
    rules: CompareRules, sizes: Sequence[int], flags: Sequence[Sequence[bool]]
) -> CompareOutcome:
    """Return the outcome for each other list's flags in the order of the first list's slots.

    ``sizes``: the true sizes of all lists, the first list's first.
    """
    common = sum(all(slot) for slot in zip(*flags, strict=True))
    shown = rules.min_count <= common and all(
        common + rules.min_count <= size for size in sizes
    )
    union = (sum(sizes) - common) % _WORD
    return CompareOutcome(_verdict(shown, common), _verdict(shown and rules.with_union, union))


def _verdict(shown: bool, value: int) -> Verdict:  # noqa: FBT001 (a verdict is one bit)
    return Verdict(shown, value if shown else 0)
