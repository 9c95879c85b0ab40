"""What a person can do next with a question, and how: pressed, signed, or on a page of its own.

Only what is offered; services decide again. Nothing here depends on who consented or held.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from datarequests.models import KeyRole
from datarequests.people import Viewer
from datarequests.states import EDITABLE, MOVES, UNDER_WAY
from datarequests.states import RequestState as S

PRESS, REASON, SIGN, GO = "press", "reason", "sign", "go"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What of a question decides what can be done: its state, and the person's part in it.

    ``is_asker``: a requester of the organisation that asks; ``decision``: her own as an
    approver, empty while there is none, None if she is not asked.
    """

    state: S
    is_asker: bool
    has_signed: bool
    decision: str | None
    is_match: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Doable:
    """One thing that can be done: its name, how, which words, and which key signs."""

    name: str
    how: str
    role: str = ""
    is_first: bool = False

    @property
    def words(self) -> Promise:
        """Return what stands on the button."""
        return WORDS[self.name]


WORDS: Mapping[str, Promise] = {
    "change": _("Change the question"),
    "submission": _("Sign and submit"),
    "withdraw": _("Take the question back"),
    "intake": _("Take it in"),
    "return": _("Give it back"),
    "prepare": _("Choose holders, approvers and times"),
    "manifest": _("Sign the question"),
    "approval": _("Sign my approval"),
    "reject": _("Say no"),
    "revocation": _("Take my approval back"),
    "invite": _("Bring it to the nodes"),
    "close-consents": _("Sign: no more consents"),
    "close": _("Sign: no more lists, compute"),
    "list": _("Hand in my list"),
    "closing": _("Close the request"),
}


def doable(facts: Facts, viewer: Viewer) -> list[Doable]:
    """Return what a person can do with a question now, the usual first."""
    found = [*_asking(facts), *_approving(facts)]
    return found + (list(_coordinating(facts)) if viewer.coordinates else [])


def _asking(facts: Facts) -> Iterator[Doable]:
    if not facts.is_asker:
        return
    role = KeyRole.REQUESTER.value
    if facts.state in EDITABLE:
        yield Doable(name="submission", how=SIGN, role=role, is_first=True)
        yield Doable(name="change", how=GO)
    if facts.state == S.PREPARED and not facts.has_signed:
        yield Doable(name="manifest", how=SIGN, role=role, is_first=True)
    if facts.state in UNDER_WAY and facts.is_match:
        yield Doable(name="list", how=GO, is_first=True)
    if S.WITHDRAWN in MOVES.get(facts.state, ()) and facts.state not in UNDER_WAY:
        yield Doable(name="withdraw", how=PRESS)


def _approving(facts: Facts) -> Iterator[Doable]:
    role = KeyRole.APPROVER.value
    if facts.state == S.REVIEW and facts.decision == "":
        yield Doable(name="approval", how=SIGN, role=role, is_first=True)
        yield Doable(name="reject", how=REASON)
    if facts.state in {S.REVIEW, S.APPROVED} | UNDER_WAY and facts.decision == "approve":
        yield Doable(name="revocation", how=SIGN, role=role)


def _coordinating(facts: Facts) -> Iterator[Doable]:
    role = KeyRole.COORDINATOR.value
    usual = {
        S.SUBMITTED: Doable(name="intake", how=PRESS, is_first=True),
        S.INTAKE: Doable(name="prepare", how=GO, is_first=True),
        S.PREPARED: Doable(name="prepare", how=GO),
        S.APPROVED: Doable(name="invite", how=PRESS, is_first=True),
        S.INVITING: Doable(name="close-consents", how=SIGN, role=role),
        S.READY: Doable(name="close", how=SIGN, role=role),
    }
    if facts.state == S.PREPARED and not facts.has_signed and not facts.is_asker:
        yield Doable(name="manifest", how=SIGN, role=role, is_first=True)
    if facts.state in usual:
        yield usual[facts.state]
    if facts.state in {S.SUBMITTED, S.INTAKE, S.PREPARED, S.REVIEW}:
        yield Doable(name="return", how=REASON)
    if S.CLOSED in MOVES.get(facts.state, ()):
        yield Doable(name="closing", how=PRESS)
