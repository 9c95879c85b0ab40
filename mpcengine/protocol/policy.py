"""Check a manifest against what one operator allows (``drempel-policy/1``).

Source: docs/protocol.md §9. A refusal has a code of its own and says what, where, what to do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.manifest import LARGEST_ROSTER, ROSTER_KINDS, TIMINGS, Manifest
from mpcengine.protocol.questions import SHOW, TextQuestion
from mpcengine.protocol.schemas_request import MOST_APPROVERS
from mpcengine.protocol.signing import PUBLIC_KEY_BYTES
from mpcengine.protocol.strict import Fields, parse_base64, to_base64

POLICY_FORMAT = "drempel-policy/1"
LONGEST_ANSWERING_DAYS = 3660
# Whether a manifest must name the booth that this node ships, page and program.
BOOTH_OWN, BOOTH_ANY = "own", "any"
JOB_KINDS = ("survey", "match", "compare")
# What a request may have (docs/protocol.md §19.5): owners, values of a list, and values of a
# list whose owner learns which of them were asked for.
MOST_OWNERS = 256
LARGEST_LIST = 1 << 24
MOST_GUESSES = 1 << 20
# Size class of a requester's list in a match; questions and refusals of a requester, by days
# (reference/data-requests.md R12); approvals of a request.
MOST_INDICATORS = 1 << 10
QUESTIONS_PER_DAYS = {1: 10, 30: 50}
REFUSALS_PER_DAYS = {30: 3}
MIN_APPROVALS = 1
_LONGEST_BUDGET_DAYS = 365
PRODUCT_FLOORS = {"person": 5, "organisation": 3}
# Beside the policy; an operator writes it, a node without one has confirmed nobody.
PARTNERS_FILE = "partners.json"
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_REQUIRED = (
    "format",
    "min_count",
    "coordinators",
    "kinds",
    "rosters",
    "timings",
    "min_roster",
    "max_roster",
    "max_questions",
    "max_width",
    "max_give_up_after_days",
    "max_answering_days",
    "max_inconsistent_percent",
    "extremes",
    "nonresponse",
    "texts",
)
_OPTIONAL = (
    "approvers",
    "booth",
    "max_guesses",
    "max_indicators",
    "max_list",
    "max_owners",
    "max_questions_per_days",
    "max_refusals_per_days",
    "min_approvals",
    "partners_file",
    "test",
)


_REQUEST_LIMITS = {
    "max_owners": MOST_OWNERS,
    "max_list": LARGEST_LIST,
    "max_guesses": MOST_GUESSES,
    "max_indicators": MOST_INDICATORS,
}
_REQUEST_BUDGETS = {
    "max_questions_per_days": QUESTIONS_PER_DAYS,
    "max_refusals_per_days": REFUSALS_PER_DAYS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Hold an operator's limits; a unit without a floor is not allowed at all.

    ``extremes`` and ``nonresponse`` say whether a question may show them on purpose, ``texts``
    whether text questions may be asked. ``max_owners``, ``max_list`` and ``max_guesses`` bound
    requests, ``max_indicators`` the size class of a requester's list, the two budgets how many
    questions and refusals a requester may have in so many days. ``min_approvals``: by how many
    approvers a request must be approved; of ``approvers`` alone, where the operator names some.
    ``partners_file`` names the file of confirmed partners beside the policy's own; without one
    nobody is confirmed. ``booth`` says whether a manifest must name the booth that this node
    ships (``own``) or may name another (``any``). ``test`` marks a policy of a test set-up,
    whose floors may be below the product's.
    """

    floors: Mapping[str, int]
    coordinators: tuple[bytes, ...]
    kinds: tuple[str, ...]
    rosters: tuple[str, ...]
    timings: tuple[str, ...]
    min_roster: int
    max_roster: int
    max_questions: int
    max_width: int
    max_give_up_after_days: int
    max_answering_days: int
    max_inconsistent_percent: int
    extremes: bool
    nonresponse: bool
    texts: bool
    test: bool
    partners_file: str | None = None
    booth: str = BOOTH_OWN
    max_owners: int = MOST_OWNERS
    max_list: int = LARGEST_LIST
    max_guesses: int = MOST_GUESSES
    max_indicators: int = MOST_INDICATORS
    max_questions_per_days: Mapping[int, int] = field(default_factory=QUESTIONS_PER_DAYS.copy)
    max_refusals_per_days: Mapping[int, int] = field(default_factory=REFUSALS_PER_DAYS.copy)
    min_approvals: int = MIN_APPROVALS
    approvers: tuple[bytes, ...] | None = None

    def to_json(self) -> dict[str, JSON]:
        """Return the policy as its file has it."""
        document: dict[str, JSON] = {
            "format": POLICY_FORMAT,
            "min_count": dict(self.floors),
            "coordinators": [to_base64(key) for key in self.coordinators],
            "kinds": list(self.kinds),
            "rosters": list(self.rosters),
            "timings": list(self.timings),
            "min_roster": self.min_roster,
            "max_roster": self.max_roster,
            "max_questions": self.max_questions,
            "max_width": self.max_width,
            "max_give_up_after_days": self.max_give_up_after_days,
            "max_answering_days": self.max_answering_days,
            "max_inconsistent_percent": self.max_inconsistent_percent,
            "extremes": self.extremes,
            "nonresponse": self.nonresponse,
            "texts": self.texts,
        }
        if self.partners_file is not None:
            document["partners_file"] = self.partners_file
        if self.booth != BOOTH_OWN:
            document["booth"] = self.booth
        document |= self._requests_json()
        return {**document, "test": True} if self.test else document

    def _requests_json(self) -> dict[str, JSON]:
        """Return what is said of requests, where it is not the usual."""
        found: dict[str, JSON] = {}
        for key, usual in {**_REQUEST_LIMITS, "min_approvals": MIN_APPROVALS}.items():
            if getattr(self, key) != usual:
                found[key] = getattr(self, key)
        for key, table in _REQUEST_BUDGETS.items():
            if dict(getattr(self, key)) != table:
                found[key] = {str(day): most for day, most in getattr(self, key).items()}
        if self.approvers is not None:
            found["approvers"] = [to_base64(key) for key in self.approvers]
        return found


def default_policy(*, coordinators: tuple[bytes, ...], test: bool = False) -> Policy:
    """Return the policy of embedded nodes: the product's floors, generous sizes.

    ``coordinators`` are the 32-byte keys allowed to ask. ``test`` lowers both floors to 1.
    """
    return Policy(
        floors=dict.fromkeys(PRODUCT_FLOORS, 1) if test else dict(PRODUCT_FLOORS),
        coordinators=coordinators,
        kinds=JOB_KINDS,
        rosters=ROSTER_KINDS,
        timings=TIMINGS,
        min_roster=1,
        max_roster=1_000_000,
        max_questions=500,
        max_width=20_000,
        max_give_up_after_days=365,
        max_answering_days=400,
        max_inconsistent_percent=1,
        extremes=True,
        nonresponse=True,
        texts=True,
        test=test,
        partners_file=PARTNERS_FILE,
        max_indicators=LARGEST_LIST,
        max_questions_per_days={},
        max_refusals_per_days={},
    )


def parse_policy(obj: JSON) -> Policy:
    """Read a policy file; raise MalformedInput with the path of what is wrong."""
    top = Fields(obj, required=_REQUIRED, optional=_OPTIONAL, file=True)
    top.choice("format", (POLICY_FORMAT,))
    test = top.boolean("test") if top.has("test") else False
    policy = Policy(
        floors=_floors(top, test=test),
        coordinators=_keys(top, "coordinators"),
        kinds=_choices(top, "kinds", JOB_KINDS),
        rosters=_choices(top, "rosters", ROSTER_KINDS),
        timings=_choices(top, "timings", TIMINGS),
        min_roster=top.integer("min_roster", 1, LARGEST_ROSTER),
        max_roster=top.integer("max_roster", 1, LARGEST_ROSTER),
        max_questions=top.integer("max_questions", 1),
        max_width=top.integer("max_width", 1),
        max_give_up_after_days=top.integer("max_give_up_after_days", 1, 365),
        max_answering_days=top.integer("max_answering_days", 1, LONGEST_ANSWERING_DAYS),
        max_inconsistent_percent=top.integer("max_inconsistent_percent", 0, 100),
        extremes=top.boolean("extremes"),
        nonresponse=top.boolean("nonresponse"),
        texts=top.boolean("texts"),
        test=test,
        partners_file=_partners_file(top) if top.has("partners_file") else None,
        booth=top.choice("booth", (BOOTH_OWN, BOOTH_ANY)) if top.has("booth") else BOOTH_OWN,
        **_requests(top),
    )
    if policy.max_roster < policy.min_roster:
        raise top.refuse("max_roster", "must not be below min_roster")
    return policy


def check_policy(policy: Policy, manifest: Manifest) -> None:
    """Return nothing if this operator takes part; raise PolicyRefused otherwise."""
    if manifest.kind not in policy.kinds:
        raise _refused("kind", f"does not take part in jobs of kind {manifest.kind}")
    if manifest.coordinator.key not in policy.coordinators:
        raise _refused(
            "coordinator",
            "does not know the manifest's coordinator key; ask the operator to add it",
        )
    _check_min_count(policy, manifest)
    _check_roster(policy, manifest)
    _check_terms(policy, manifest)
    _check_answering(policy, manifest)
    _check_shown(policy, manifest)


def _check_min_count(policy: Policy, manifest: Manifest) -> None:
    unit, min_count = manifest.survey.unit, manifest.survey.min_count
    floor = policy.floors.get(unit)
    if floor is None:
        raise _refused("unit", f"does not allow surveys whose unit is {unit}")
    if min_count < floor:
        raise _refused(
            "min_count",
            f"asks for a min_count of at least {floor} where the unit is {unit}; "
            f"survey.min_count is {min_count}",
        )


def _check_roster(policy: Policy, manifest: Manifest) -> None:
    roster = manifest.roster
    if roster.kind not in policy.rosters:
        raise _refused("roster_kind", f"does not allow rosters of kind {roster.kind}")
    if not policy.min_roster <= roster.size <= policy.max_roster:
        raise _refused(
            "roster_size",
            f"allows {policy.min_roster} to {policy.max_roster} invitations; "
            f"roster.size is {roster.size}",
        )


def _check_terms(policy: Policy, manifest: Manifest) -> None:
    if manifest.timing not in policy.timings:
        raise _refused("timing", f"does not allow the timing {manifest.timing}")
    if len(manifest.survey.questions) > policy.max_questions:
        raise _refused("max_questions", f"allows at most {policy.max_questions} questions")
    if manifest.width > policy.max_width:
        raise _refused(
            "max_width",
            f"allows records of at most {policy.max_width} slots; record.width is "
            f"{manifest.width}: ask fewer questions or smaller tables",
        )
    if manifest.give_up_after_days > policy.max_give_up_after_days:
        raise _refused(
            "give_up_after",
            f"keeps answers at most {policy.max_give_up_after_days} days after closing; "
            f"give_up_after_days is {manifest.give_up_after_days}",
        )


def _check_answering(policy: Policy, manifest: Manifest) -> None:
    """Refuse a survey that takes tokens and answers too long, or may lose too many of them.

    Each package that one node says it cannot open is struck: a high limit would let one node
    choose who is counted.
    """
    days = policy.max_answering_days
    if manifest.answering.closes - manifest.issuing.opens > timedelta(days=days):
        raise _refused(
            "answering_days",
            f"allows at most {days} days from issuing.opens to answering.closes",
        )
    size = manifest.roster.size
    limit = max(1, policy.max_inconsistent_percent * size // 100)
    asked = manifest.inconsistent_limit(size)
    if asked > limit:
        raise _refused(
            "max_inconsistent",
            f"lets at most {limit} of {size} packages fail; max_inconsistent allows {asked}",
        )


def _check_shown(policy: Policy, manifest: Manifest) -> None:
    for question in manifest.survey.questions:
        if question.extremes == SHOW and not policy.extremes:
            raise _refused(
                "extremes", f"does not let question {question.id} show extremes on purpose"
            )
        if question.nonresponse == SHOW and not policy.nonresponse:
            raise _refused(
                "nonresponse",
                f"does not let question {question.id} show on purpose how many gave no answer",
            )
        if isinstance(question, TextQuestion) and not policy.texts:
            raise _refused("texts", f"does not take part in texts; leave {question.id} out")


def _refused(code: str, sentence_end: str) -> PolicyRefused:
    return PolicyRefused(f"policy.{code}", f"This node's operator {sentence_end}.")


def _floors(top: Fields, *, test: bool) -> dict[str, int]:
    section = top.fields("min_count", required=(), optional=tuple(PRODUCT_FLOORS))
    floors = {
        unit: section.integer(unit, 1 if test else lowest)
        for unit, lowest in PRODUCT_FLOORS.items()
        if section.has(unit)
    }
    if not floors:
        raise top.refuse("min_count", "must give a floor for person or organisation")
    return floors


def _partners_file(top: Fields) -> str:
    """Return the name of a file in the policy's own folder."""
    name = top.text("partners_file", longest=100)
    if _FILE_NAME.fullmatch(name) is None:
        raise top.refuse("partners_file", "must be the name of a file beside the policy")
    return name


def _requests(top: Fields) -> dict[str, JSON]:
    """Return what a policy says of requests, with the usual in the place of what it leaves."""
    found: dict[str, JSON] = {
        key: top.integer(key, 1, LARGEST_LIST if key == "max_indicators" else usual)
        if top.has(key)
        else usual
        for key, usual in _REQUEST_LIMITS.items()
    }
    for key, table in _REQUEST_BUDGETS.items():
        found[key] = _budget(top, key) if top.has(key) else table
    if top.has("min_approvals"):
        found["min_approvals"] = top.integer("min_approvals", 0, MOST_APPROVERS)
    if top.has("approvers"):
        found["approvers"] = _keys(top, "approvers")
    return found


def _budget(top: Fields, key: str) -> dict[int, int]:
    days = {str(day): day for day in range(1, _LONGEST_BUDGET_DAYS + 1)}
    section = top.fields(key, required=(), optional=tuple(days))
    return {day: section.integer(name, 0) for name, day in days.items() if section.has(name)}


def _keys(top: Fields, name: str) -> tuple[bytes, ...]:
    keys = []
    for place, value in enumerate(top.items(name, 0, 10_000)):
        key = parse_base64(value)
        if key is None or len(key) != PUBLIC_KEY_BYTES:
            raise top.refuse(f"{name}[{place}]", "must be base64 of 32 bytes")
        keys.append(key)
    return tuple(keys)


def _choices(top: Fields, key: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    values = top.items(key, 0, len(allowed))
    if any(value not in allowed for value in values) or len(set(values)) != len(values):
        raise top.refuse(key, f"must be distinct entries of: {', '.join(allowed)}")
    return tuple(values)
