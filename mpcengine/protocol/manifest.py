"""Name everything three nodes agree to compute (``drempel-manifest/1``), and who signed it.

Source: docs/protocol.md §9. A manifest is canonical JSON; the SHA-256 of its bytes names the
job everywhere. The coordinator and the three nodes sign the same bytes under LABEL_MANIFEST.
No clock here: whoever needs the time compares the parsed moments with its own.
"""

from dataclasses import dataclass
from datetime import datetime

from mpcengine.protocol.blindrsa import MODULUS_BYTES, check_modulus
from mpcengine.protocol.canonical import JSON, Digest, canonical, digest, parse_canonical
from mpcengine.protocol.eligibility import TOKEN_BYTES, possession_verify
from mpcengine.protocol.envelope import envelope_length
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.orders import SURVEY_ID_BYTES
from mpcengine.protocol.signing import POINT_BYTES, PUBLIC_KEY_BYTES, parse_point
from mpcengine.protocol.strict import Fields, format_time, to_base64
from mpcengine.protocol.survey import Survey, check_limits, parse_survey

MANIFEST_FORMAT = "drempel-manifest/1"
SUITE = {
    "sharing": "shamir-2^61-1",
    "envelope": "hpke-p256-sha256-aes128gcm",
    "one_time": "ecdsa-p256-sha256",
    "token": "rsabssa-sha384-pss-deterministic-2048",
    "signature": "ed25519",
}
TIMINGS = ("strict", "normal", "immediate")
ROSTER_KINDS = ("code",)
# In hexadecimal, a node's entries of such a roster and a manifest of 100 kB just fit one body
# of 64 MiB.
LARGEST_ROSTER = 1_000_000
DEFAULT_GIVE_UP_AFTER_DAYS = 30
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
)
_NODE_KEYS = (
    "node",
    "index",
    "name",
    "url",
    "identity_key",
    "share_key",
    "issuer_key",
    "issuer_proof",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Say who may answer: kind, number of entries, and each node's root, in order of index."""

    kind: str
    size: int
    roots: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Say from when until when (UTC) something is taken."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinator:
    """Name who asks, with the Ed25519 key (32 bytes) that signs manifest and orders."""

    name: str
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Say where packages go first, with the Ed25519 key (32 bytes) of the relay's promises."""

    url: str
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTerms:
    """Name one node with its identity key and its share and issuer keys of this survey.

    ``issuer_proof`` is made with the issuer key: that it is this node's, for this survey.
    """

    node: str
    index: int
    name: str
    url: str
    identity_key: bytes
    share_key: bytes
    issuer_key: bytes
    issuer_proof: bytes

    def to_json(self) -> dict[str, JSON]:
        """Return the node's section of the manifest."""
        return {
            "node": self.node,
            "index": self.index,
            "name": self.name,
            "url": self.url,
            "identity_key": to_base64(self.identity_key),
            "share_key": to_base64(self.share_key),
            "issuer_key": to_base64(self.issuer_key),
            "issuer_proof": to_base64(self.issuer_proof),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Hold a manifest that was read strictly; ``raw`` are its bytes, ``layout`` follows."""

    raw: bytes
    digest: Digest
    kind: str
    survey_id: str
    survey: Survey
    layout: Layout
    roster: Roster
    timing: str
    flush_min: int
    issuing: Window
    answering: Window
    give_up_after_days: int
    max_inconsistent: int | None
    coordinator: Coordinator
    relay: Relay
    nodes: tuple[NodeTerms, ...]
    width: int
    envelope_length: int

    @property
    def issuer_keys(self) -> tuple[bytes, bytes, bytes]:
        """Return the nodes' issuer keys in order of index."""
        first, second, third = self.nodes
        return first.issuer_key, second.issuer_key, third.issuer_key

    def node(self, name: str) -> NodeTerms:
        """Return the terms of node ``a``, ``b`` or ``c``."""
        return self.nodes[NODE_NAMES.index(name)]

    def inconsistent_limit(self, batch_size: int) -> int:
        """Return how many of ``batch_size`` packages may fail to unseal, by default 1 %."""
        if self.max_inconsistent is None:
            return max(1, batch_size // 100)
        return self.max_inconsistent


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
    flush_min: int | None = None
    give_up_after_days: int = DEFAULT_GIVE_UP_AFTER_DAYS
    max_inconsistent: int | None = None


def build_manifest(terms: ManifestTerms) -> Manifest:
    """Return the manifest with these terms, built and read again.

    Raises MalformedMessage or MalformedInput for terms that break a rule.
    """
    survey, roster = terms.survey, terms.roster
    width = build_layout(survey).width
    flush_min = survey.min_count if terms.flush_min is None else terms.flush_min
    document = {
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
        "record": {"width": width, "envelope_length": envelope_length(width)},
    }
    return parse_manifest(canonical(document))


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
    width, length = _record(top, layout)
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
        width=width,
        envelope_length=length,
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
    return Roster(
        kind=section.choice("kind", ROSTER_KINDS),
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


def _window_json(window: Window) -> dict[str, JSON]:
    return {"opens": format_time(window.opens), "closes": format_time(window.closes)}


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
    return Relay(url=section.url("url"), key=section.data("key", PUBLIC_KEY_BYTES))


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
        issuer_key=row.data("issuer_key", MODULUS_BYTES),
        issuer_proof=row.data("issuer_proof", TOKEN_BYTES),
    )
    try:
        parse_point(terms.share_key)
    except MalformedMessage:
        raise row.refuse("share_key", "must be a point on P-256") from None
    return terms


def _record(top: Fields, layout: Layout) -> tuple[int, int]:
    section = top.fields("record", required=("width", "envelope_length"))
    width, length = section.integer("width", 1), section.integer("envelope_length", 1)
    if width != layout.width:
        raise section.refuse("width", "does not follow from the survey", code="manifest.record")
    if length != envelope_length(width):
        raise section.refuse(
            "envelope_length", "does not follow from the width", code="manifest.record"
        )
    return width, length


def _check_keys(top: Fields, manifest: Manifest) -> None:
    signing = [manifest.coordinator.key, manifest.relay.key]
    for node in manifest.nodes:
        signing += [node.identity_key, node.issuer_key]
    share = {node.share_key for node in manifest.nodes}
    # One key in two roles would let one party sign in the place of another.
    if len(set(signing)) != len(signing) or len(share) != len(manifest.nodes):
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
