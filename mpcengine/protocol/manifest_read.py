"""Read a manifest strictly: every key, and that one follows from the other.

Source: docs/protocol.md §9.1.
"""

from mpcengine.protocol.blindrsa import MODULUS_BYTES, check_modulus
from mpcengine.protocol.boothpage import parse_booth
from mpcengine.protocol.canonical import digest, parse_canonical
from mpcengine.protocol.eligibility import TOKEN_BYTES, possession_verify
from mpcengine.protocol.envelope import envelope_length
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.layout import Layout, build_layout, check_openings
from mpcengine.protocol.manifest_parts import (
    LARGEST_ROSTER,
    MANIFEST_FORMAT,
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
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.orders import SURVEY_ID_BYTES
from mpcengine.protocol.outer import parcel_length
from mpcengine.protocol.signing import POINT_BYTES, PUBLIC_KEY_BYTES, parse_point
from mpcengine.protocol.strict import Fields
from mpcengine.protocol.survey import Survey, check_limits, parse_survey

_KEYS = (
    "format",
    "kind",
    "survey_id",
    "survey",
    "suite",
    "roster",
    "timing",
    "flush_min",
    "issuing",
    "answering",
    "give_up_after_days",
    "max_inconsistent",
    "coordinator",
    "relay",
    "nodes",
    "record",
    "booth",
)
_NODE_KEYS = (
    "node",
    "index",
    "name",
    "url",
    "identity_key",
    "share_key",
    "outer_key",
    "issuer_key",
    "issuer_proof",
)


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest; raise MalformedMessage or MalformedInput if anything is not in order.

    Checks canonical form, every key, the survey's normal form and limits for the number
    invited, times in order, distinct keys, sound and proved issuer keys, and that width and
    envelope length follow from the survey. Whether an operator agrees: ``policy.check_policy``.
    """
    top = Fields(parse_canonical(data), required=_KEYS)
    top.choice("format", (MANIFEST_FORMAT,))
    top.choice("kind", ("survey",))
    if top.raw("suite") != SUITE:
        raise top.refuse("suite", "is not the suite of this version", code="manifest.suite")
    roster = _roster(top)
    survey = _survey(top, roster.size)
    layout = build_layout(survey)
    timing = top.choice("timing", TIMINGS)
    issuing, answering = _windows(top, timing)
    words, length = _record(top, layout)
    check_openings(layout, roster.size)
    manifest = Manifest(
        raw=data,
        digest=digest(data),
        kind="survey",
        survey_id=top.hexadecimal("survey_id", SURVEY_ID_BYTES),
        survey=survey,
        layout=layout,
        roster=roster,
        timing=timing,
        flush_min=_flush_min(top, survey.min_count),
        issuing=issuing,
        answering=answering,
        give_up_after_days=top.integer("give_up_after_days", 1, 365),
        max_inconsistent=_max_inconsistent(top),
        coordinator=_coordinator(top),
        relay=_relay(top),
        nodes=_nodes(top),
        width=layout.width,
        words=words,
        envelope_length=length,
        parcel_length=parcel_length(length),
        booth=parse_booth(top.fields("booth", required=("release", "files", "pages"))),
    )
    _check_keys(top, manifest)
    _check_issuers(manifest)
    return manifest


def _survey(top: Fields, invited: int) -> Survey:
    survey = parse_survey(top.raw("survey"))
    if survey.to_json() != top.raw("survey"):
        raise top.refuse("survey", "is not in normal form", code="manifest.survey")
    check_limits(survey, invited)
    return survey


def _roster(top: Fields) -> Roster:
    section = top.fields("roster", required=("kind", "size", "roots"))
    roots = section.items("roots", 3, 3)
    for place, root in enumerate(roots):
        Fields({"root": root}, section.path(f"roots[{place}]"), required=("root",)).digest(
            "root"
        )
    kind = section.choice("kind", ROSTER_KINDS)
    if kind == ROSTER_KEY and len(set(roots)) != 1:
        raise section.refuse("roots", "must be equal where kind is key", code="manifest.roots")
    return Roster(
        kind=kind,
        size=section.integer("size", 1, LARGEST_ROSTER),
        roots=tuple(roots),
    )


def _windows(top: Fields, timing: str) -> tuple[Window, Window]:
    issuing, answering = _window(top, "issuing"), _window(top, "answering")
    if timing == "strict" and answering.opens < issuing.closes:
        raise top.refuse(
            "answering.opens", "must not be before issuing closes", code="manifest.times"
        )
    if answering.opens < issuing.opens or issuing.closes > answering.closes:
        raise top.refuse(
            "answering", "must begin and end no earlier than issuing", code="manifest.times"
        )
    return issuing, answering


def _window(top: Fields, key: str) -> Window:
    section = top.fields(key, required=("opens", "closes"))
    window = Window(opens=section.moment("opens"), closes=section.moment("closes"))
    if window.closes <= window.opens:
        raise section.refuse("closes", "must be later than opens", code="manifest.times")
    return window


def _flush_min(top: Fields, min_count: int) -> int:
    flush_min = top.integer("flush_min", 1, LARGEST_ROSTER)
    if flush_min < min_count:
        # A group smaller than any count that may be shown hides nobody on the way either.
        raise top.refuse(
            "flush_min", f"must be at least min_count ({min_count})", code="manifest.flush_min"
        )
    return flush_min


def _max_inconsistent(top: Fields) -> int | None:
    if top.raw("max_inconsistent") is None:
        return None
    return top.integer("max_inconsistent", 0, LARGEST_ROSTER)


def _coordinator(top: Fields) -> Coordinator:
    section = top.fields("coordinator", required=("name", "key"))
    return Coordinator(name=section.text("name"), key=section.data("key", PUBLIC_KEY_BYTES))


def _relay(top: Fields) -> Relay:
    section = top.fields("relay", required=("url", "key"))
    url = section.url("url")
    if url.count("/") > len("//"):
        # Browsers read pages, program and interface from the top of one origin.
        raise section.refuse("url", "must be an address without a path")
    return Relay(url=url, key=section.data("key", PUBLIC_KEY_BYTES))


def _nodes(top: Fields) -> tuple[NodeTerms, ...]:
    rows = top.rows("nodes", 3, 3, required=_NODE_KEYS)
    return tuple(_node(row, index) for index, row in enumerate(rows, start=1))


def _node(row: Fields, index: int) -> NodeTerms:
    terms = NodeTerms(
        node=row.choice("node", (NODE_NAMES[index - 1],)),
        index=row.integer("index", index, index),
        name=row.text("name"),
        url=row.url("url"),
        identity_key=row.data("identity_key", PUBLIC_KEY_BYTES),
        share_key=row.data("share_key", POINT_BYTES),
        outer_key=row.data("outer_key", POINT_BYTES),
        issuer_key=row.data("issuer_key", MODULUS_BYTES),
        issuer_proof=row.data("issuer_proof", TOKEN_BYTES),
    )
    for key in ("share_key", "outer_key"):
        try:
            parse_point(getattr(terms, key))
        except MalformedMessage:
            raise row.refuse(key, "must be a point on P-256") from None
    return terms


def _record(top: Fields, layout: Layout) -> tuple[int, int]:
    keys = ("width", "words", "envelope_length", "parcel_length")
    section = top.fields("record", required=keys)
    length = envelope_length(layout.proof.words)
    follows = (layout.width, layout.proof.words, length, parcel_length(length))
    for key, value in zip(keys, follows, strict=True):
        if section.integer(key, 1) != value:
            raise section.refuse(key, "does not follow from the survey", code="manifest.record")
    return layout.proof.words, length


def _check_keys(top: Fields, manifest: Manifest) -> None:
    signing = [manifest.coordinator.key, manifest.relay.key]
    for node in manifest.nodes:
        signing += [node.identity_key, node.issuer_key]
    opening = [key for node in manifest.nodes for key in (node.share_key, node.outer_key)]
    # One key in two roles would let one party act in the place of another; and what opens
    # parcels lies where envelopes must stay closed.
    if len(set(signing)) != len(signing) or len(set(opening)) != len(opening):
        raise top.refuse(
            "nodes", "and other roles must have distinct keys", code="manifest.keys"
        )


def _check_issuers(manifest: Manifest) -> None:
    """Raise MalformedMessage or BadSignature for an issuer key that nobody should blind for."""
    survey_id = bytes.fromhex(manifest.survey_id)
    for node in manifest.nodes:
        check_modulus(node.issuer_key)
        possession_verify(
            node.issuer_key, survey_id, node.index, node.identity_key, node.issuer_proof
        )
