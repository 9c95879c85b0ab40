"""Say where a survey stands: its step, its word, for whom it waits, what is to be done now.

Nothing here counts answers or names who gave one: the portal does not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mpcengine.protocol.canonical import JSON
from surveys.models import Survey, SurveyState

Text = str | Promise
STEPS: tuple[Text, ...] = (
    _("Drafted"),
    _("Signed"),
    _("Open"),
    _("Closed"),
    _("Computed"),
    _("Released"),
)
CLOSABLE = frozenset({"proposed", "agreed", "open"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Hold a survey's place: ``step`` of STEPS from 1, badge, whom it waits for, the task."""

    step: int
    badge: str
    word: Text
    waits_for: Text = ""
    task: Text = ""
    has_result: bool = False


_YOU = _("you")
_NODES = _("the nodes")
_BY_STATE: Mapping[str, Standing] = {
    SurveyState.DRAFT: Standing(
        step=1,
        badge="off",
        word=_("draft"),
        waits_for=_YOU,
        task=_("Invite people, then prepare it for signing"),
    ),
    SurveyState.PREPARED: Standing(
        step=2,
        badge="wait",
        word=_("waits for your signature"),
        waits_for=_YOU,
        task=_("Sign the terms"),
    ),
}
_BY_JOB: Mapping[str, Standing] = {
    "proposed": Standing(
        step=2, badge="wait", word=_("waits for the nodes' signatures"), waits_for=_NODES
    ),
    "agreed": Standing(step=2, badge="wait", word=_("signed by all"), waits_for=_NODES),
    "open": Standing(step=3, badge="info", word=_("open"), waits_for=_("those invited")),
    "closing": Standing(step=4, badge="wait", word=_("closing"), waits_for=_NODES),
    "running": Standing(step=5, badge="info", word=_("being computed"), waits_for=_NODES),
    "released": Standing(
        step=6,
        badge="ok",
        word=_("results are there"),
        task=_("Read the results"),
        has_result=True,
    ),
    "withheld": Standing(step=6, badge="stop", word=_("nothing released"), has_result=True),
    "refused": Standing(
        step=2,
        badge="stop",
        word=_("refused by a node"),
        waits_for=_YOU,
        task=_("Read why a node refused, and make a new survey that it accepts"),
    ),
    "failed": Standing(
        step=5,
        badge="stop",
        word=_("failed"),
        waits_for=_("your operator"),
        task=_("Tell your operator: what the nodes said makes no result"),
    ),
}
NODE_WORDS: Mapping[str, tuple[Text, str]] = {
    "open": (_("takes answers"), "info"),
    "closing": (_("closes"), "wait"),
    "frozen": (_("agreed on which answers count"), "info"),
    "checked": (_("checked the answers"), "info"),
    "computing": (_("computes"), "info"),
    "fixed": (_("knows what may be shown"), "info"),
    "released": (_("signed the result"), "ok"),
    "withheld": (_("released nothing"), "stop"),
    "erased": (_("signed the result"), "ok"),
    "unknown": (_("not heard of yet"), "wait"),
}


def standing_of(survey: Survey, job: Mapping[str, JSON] | None) -> Standing:
    """Return where a survey stands, from its own state and that of its job."""
    if job is None:
        return _BY_STATE.get(survey.state, _BY_STATE[SurveyState.PREPARED])
    found = _BY_JOB[job["state"]]
    if survey.state == SurveyState.CLOSED and job["state"] in CLOSABLE:
        return _BY_JOB["closing"]
    return found


def can_close(survey: Survey, job: Mapping[str, JSON] | None) -> bool:
    """Tell whether an order to close may still be given."""
    return (
        job is not None and survey.state == SurveyState.PUBLISHED and job["state"] in CLOSABLE
    )


def nodes_said(job: Mapping[str, JSON]) -> list[tuple[str, Text, str]]:
    """Return each node's name, what it is doing in words, and its badge."""
    return [
        (node, *NODE_WORDS.get(state, (state, "info"))) for node, state in job["nodes"].items()
    ]
