"""Read a question about other parties' lists (``drempel-request/1``) into its normal form.

Source: docs/protocol.md §19.1. Kinds that are not built yet are refused with that reason.
"""

from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON, canonical
from mpcengine.protocol.errors import MalformedInput, MalformedMessage
from mpcengine.protocol.identifiers import TYPES
from mpcengine.protocol.questions import Text
from mpcengine.protocol.schemas_check import check_shape, compile_schema
from mpcengine.protocol.schemas_request import REQUEST_FORMAT, REQUEST_SCHEMA

MATCH, COMPARE = "match", "compare"
KINDS = (MATCH, COMPARE)
RESERVED_KINDS = ("count", "statistics", "linked", "reference")
ITEMS, HIT, NONE = "items", "hit", "none"
PRE, POST, MAILBOX = "pre", "post", "mailbox"
CONTACT_MODES = (PRE, POST)
DEFAULT_MIN_COUNT = 10
DEFAULT_MIN_ORGANISATIONS = 3
# Types that stand for one natural person. Mail addresses are not among them: in these questions
# they are senders of attacks. Nor is opaque: only the askers know what it names, and say so by
# ``leave_one_out`` and ``holder_feedback``.
PERSON_TYPES = frozenset({"phone", "iban", "bsn"})
_MATCH_ONLY = ("min_organisations", "holder_feedback", "leave_one_out", "extremes")
_COMPARE_ONLY = ("list_sizes",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Hold a request in normal form: every default filled in.

    ``min_organisations``, ``holder_feedback``, ``leave_one_out`` and ``hide_all`` (``extremes:
    hide``) belong to a match, as ``contact`` does; a comparison has their neutral values.
    ``list_sizes`` belongs to a comparison.
    """

    kind: str
    title: Text
    purpose: Text
    identifiers: tuple[str, ...]
    min_count: int
    min_organisations: int
    holder_feedback: str
    leave_one_out: bool
    hide_all: bool
    list_sizes: bool
    contact: str = NONE

    @property
    def shares_hits(self) -> bool:
        """Tell whether the outcome has a shared bit a holder: has she any hit."""
        return self.holder_feedback == HIT or self.contact != NONE

    @property
    def names_persons(self) -> bool:
        """Tell whether a type of the request stands for natural persons."""
        return not PERSON_TYPES.isdisjoint(self.identifiers)

    def to_json(self) -> dict[str, JSON]:
        """Return the normal form; ``parse_request(request.to_json()) == request``."""
        head: dict[str, JSON] = {
            "format": REQUEST_FORMAT,
            "kind": self.kind,
            "title": dict(self.title),
            "purpose": dict(self.purpose),
            "identifier": list(self.identifiers),
            "min_count": self.min_count,
        }
        tail = {"contact": self.contact, "precision": "exact"}
        if self.kind == COMPARE:
            return {**head, "list_sizes": self.list_sizes, **tail}
        return {
            **head,
            "min_organisations": self.min_organisations,
            "holder_feedback": self.holder_feedback,
            "leave_one_out": self.leave_one_out,
            "extremes": "hide" if self.hide_all else "show",
            **tail,
        }


def parse_request(obj: JSON) -> Request:
    """Read ``drempel-request/1`` and return it in normal form.

    Raises MalformedInput with a stable ``code``, the path in ``where`` and one sentence, for an
    unknown version or key, a wrong shape, a key of another kind, or what is not built yet.
    """
    _check_version(obj)
    check_shape(compile_schema(REQUEST_SCHEMA), obj, area="request")
    _check_characters(obj)
    kind: str = obj["kind"]
    _check_kind(obj, kind)
    identifiers = _identifiers(obj["identifier"])
    persons = not PERSON_TYPES.isdisjoint(identifiers)
    match = kind == MATCH
    return Request(
        kind=kind,
        title=_text(obj["title"]),
        purpose=_text(obj["purpose"]),
        identifiers=identifiers,
        min_count=obj.get("min_count", DEFAULT_MIN_COUNT),
        min_organisations=obj.get("min_organisations", DEFAULT_MIN_ORGANISATIONS),
        holder_feedback=obj.get("holder_feedback", NONE if persons or not match else ITEMS),
        leave_one_out=obj.get("leave_one_out", match and persons),
        hide_all=obj.get("extremes", "show") == "hide",
        list_sizes=obj.get("list_sizes", False),
        contact=obj.get("contact", NONE),
    )


def _check_version(obj: JSON) -> None:
    if isinstance(obj, dict) and obj.get("format", REQUEST_FORMAT) != REQUEST_FORMAT:
        raise MalformedInput(
            "request.version",
            f"format must be '{REQUEST_FORMAT}'; other formats and versions are not read.",
            where="format",
        )


def _check_characters(obj: JSON) -> None:
    try:
        canonical(obj)
    except MalformedMessage:
        raise MalformedInput(
            "request.value",
            "The request holds a character or number that JSON cannot carry; remove it.",
        ) from None


def _check_kind(obj: JSON, kind: str) -> None:
    if kind in RESERVED_KINDS:
        raise _reserved("kind", f"kind {kind} is not offered yet; ask a match or a compare")
    contact = obj.get("contact", NONE)
    if contact != NONE and kind != MATCH:
        raise MalformedInput(
            "request.kind", "contact follows a match only; leave it 'none'.", where="contact"
        )
    if contact not in (NONE, *CONTACT_MODES):
        raise _reserved("contact", f"contact {contact} is not offered yet; choose 'pre'")
    if obj.get("precision", "exact") != "exact":
        raise _reserved("precision", "coarser counts are not offered yet; leave it 'exact'")
    other = _COMPARE_ONLY if kind == MATCH else _MATCH_ONLY
    for key in other:
        if key in obj:
            raise MalformedInput(
                "request.kind", f"{key} is no key of a request of kind {kind}.", where=key
            )


def _reserved(where: str, sentence: str) -> MalformedInput:
    return MalformedInput("request.reserved", f"{sentence}.", where=where)


def _identifiers(value: JSON) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value
    if len(set(given)) != len(given):
        raise MalformedInput(
            "request.identifier", "identifier must name each type once.", where="identifier"
        )
    return tuple(name for name in TYPES if name in given)


def _text(obj: JSON) -> Text:
    # Canonical JSON keeps no order of keys: by language, so that reading again gives the same.
    return tuple(sorted(obj.items()))
