"""Name everything three nodes agree to compute (``drempel-manifest/1``), and who signed it.

Source: docs/protocol.md §9. A manifest is canonical JSON; the SHA-256 of its bytes names the
job everywhere. The coordinator and the three nodes sign the same bytes under LABEL_MANIFEST.
No clock here: whoever needs the time compares the parsed moments with its own. This module
builds and is the door to the other two: what was read is held by ``manifest_parts``, read by
``manifest_read``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mpcengine.protocol.boothpage import Booth
from mpcengine.protocol.canonical import JSON, canonical
from mpcengine.protocol.envelope import envelope_length
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.manifest_parts import (
    DEFAULT_GIVE_UP_AFTER_DAYS,
    LARGEST_ROSTER,
    MANIFEST_FORMAT,
    ROSTER_CODE,
    ROSTER_KEY,
    ROSTER_KINDS,
    SUITE,
    TIMINGS,
    Coordinator,
    Manifest,
    NodeTerms,
    Relay,
    Roster,
    Window,
)
from mpcengine.protocol.manifest_read import parse_manifest
from mpcengine.protocol.outer import parcel_length
from mpcengine.protocol.strict import format_time, to_base64
from mpcengine.protocol.survey import Survey

__all__ = [
    "DEFAULT_GIVE_UP_AFTER_DAYS",
    "LARGEST_ROSTER",
    "MANIFEST_FORMAT",
    "ROSTER_CODE",
    "ROSTER_KEY",
    "ROSTER_KINDS",
    "SUITE",
    "TIMINGS",
    "BoothMaker",
    "Coordinator",
    "Manifest",
    "ManifestTerms",
    "NodeTerms",
    "Relay",
    "Roster",
    "Window",
    "build_manifest",
    "parse_manifest",
]


# Gives the section ``booth`` that a manifest lacks: its pages are rendered from the rest.
BoothMaker = Callable[[Mapping[str, JSON]], Booth]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestTerms:
    """Hold what a portal puts into a manifest; the rest follows.

    ``flush_min`` None means the survey's min_count; ``max_inconsistent`` None means
    max(1, 1 % of the batch).
    """

    survey_id: str
    survey: Survey
    roster: Roster
    timing: str
    issuing: Window
    answering: Window
    coordinator: Coordinator
    relay: Relay
    nodes: tuple[NodeTerms, ...]
    booth: BoothMaker
    flush_min: int | None = None
    give_up_after_days: int = DEFAULT_GIVE_UP_AFTER_DAYS
    max_inconsistent: int | None = None


def build_manifest(terms: ManifestTerms) -> Manifest:
    """Return the manifest with these terms, built and read again.

    Raises MalformedMessage or MalformedInput for terms that break a rule.
    """
    survey, roster = terms.survey, terms.roster
    proof = build_layout(survey).proof
    length = envelope_length(proof.words)
    flush_min = survey.min_count if terms.flush_min is None else terms.flush_min
    document: dict[str, JSON] = {
        "format": MANIFEST_FORMAT,
        "kind": "survey",
        "survey_id": terms.survey_id,
        "survey": survey.to_json(),
        "suite": SUITE,
        "roster": {"kind": roster.kind, "size": roster.size, "roots": list(roster.roots)},
        "timing": terms.timing,
        "flush_min": flush_min,
        "issuing": _window_json(terms.issuing),
        "answering": _window_json(terms.answering),
        "give_up_after_days": terms.give_up_after_days,
        "max_inconsistent": terms.max_inconsistent,
        "coordinator": {
            "name": terms.coordinator.name,
            "key": to_base64(terms.coordinator.key),
        },
        "relay": {"url": terms.relay.url, "key": to_base64(terms.relay.key)},
        "nodes": [node.to_json() for node in terms.nodes],
        "record": {
            "width": proof.width,
            "words": proof.words,
            "envelope_length": length,
            "parcel_length": parcel_length(length),
        },
    }
    document["booth"] = terms.booth(document).to_json()
    return parse_manifest(canonical(document))


def _window_json(window: Window) -> dict[str, JSON]:
    return {"opens": format_time(window.opens), "closes": format_time(window.closes)}
