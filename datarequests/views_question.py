"""Pages of one question: its terms, what to do next, preparing it, its answer, its history."""

import json
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from datarequests.desk import desk_render
from datarequests.doable import Doable, Facts, doable
from datarequests.forms_asking import PrepareForm, ReasonForm
from datarequests.models import DataRequest, KeyRole, OrganisationKey, SignedKind
from datarequests.people import Viewer
from datarequests.selectors import (
    approvals_view,
    history_of,
    keys_offered,
    result_get,
    signed_of,
    version_of,
)
from datarequests.services.deciding import request_reject
from datarequests.services.drafting import request_withdraw
from datarequests.services.preparing import intake_begin, request_return
from datarequests.services.running import request_close, request_invite
from datarequests.services.signing import is_whole
from datarequests.states import UNDER_WAY, RequestState
from datarequests.terms import said, terms_shown
from datarequests.views_asking import key_roles, member, row_of
from datarequests.words_asking import STEP_OF, STEPS, WAITS_FOR
from datarequests.words_holding import BADGES, TYPES
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.request import MATCH, parse_request
from mpcengine.protocol.request_manifest import RequestManifest, parse_request_manifest
from mpcengine.tasks import drive_nudge
from problems import Missing, Problem

Press = Callable[[DataRequest, Viewer, str], object]


@require_GET
@login_required
def question(request: HttpRequest, request_id: str) -> HttpResponse:
    """Show a question: where it is, what is signed, who decided what, what to do next."""
    viewer = member(request)
    row = row_of(request_id, viewer)
    manifest = _manifest(row)
    context = {
        **_head(row),
        "viewer": viewer,
        "row": row,
        "waits": WAITS_FOR[RequestState(row.state)],
        "reason": row.reason,
        "actions": _actions(row, viewer),
        "form": ReasonForm(),
        "key_roles": key_roles(viewer),
        "approvals": _approvals(row),
        "parties": [one.name for one in manifest.owners] if manifest else [],
        "has_result": row.state in {RequestState.RELEASED, RequestState.CONTACT},
        "definition": json.dumps(row.definition),
        **(terms_shown(manifest, len(manifest.owners) - 1) if manifest else _written(row)),
    }
    return desk_render(
        request, "datarequests/asking/question.html", context, entry="desk/asking.js"
    )


@require_POST
@login_required
def question_step(request: HttpRequest, request_id: str, step: str) -> HttpResponse:
    """Do a step that needs no signature, and say why not where it does not fit."""
    viewer = member(request)
    row = row_of(request_id, viewer)
    if step not in PRESSES:
        raise Http404
    reason = ""
    if step in NEED_REASON:
        form = ReasonForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Say why: who asked reads it."))
            return redirect("question", request_id=row.pk)
        reason = form.cleaned_data["reason"]
    try:
        PRESSES[step](row, viewer, reason)
    except Problem as error:
        messages.error(request, str(error))
    return redirect("question", request_id=row.pk)


@require_GET
@login_required
def question_prepare(request: HttpRequest, request_id: str) -> HttpResponse:
    """Show what a coordinator chooses before the question is signed."""
    viewer = member(request)
    row = row_of(request_id, viewer)
    if not viewer.coordinates:
        raise PermissionDenied
    if row.state not in {RequestState.INTAKE, RequestState.PREPARED}:
        return redirect("question", request_id=row.pk)
    context = {
        **_head(row),
        "crumbs": _crumbs(row),
        "row": row,
        "prepare": PrepareForm(_offered(row, KeyRole.HOLDER), _offered(row, KeyRole.APPROVER)),
        "key_roles": [KeyRole.COORDINATOR.value],
        "viewer": viewer,
    }
    return desk_render(
        request, "datarequests/asking/prepare.html", context, entry="desk/asking.js"
    )


@require_GET
@login_required
def question_list(request: HttpRequest, request_id: str) -> HttpResponse:
    """Let who asks hand in her own list, on the page on which holders hand in theirs."""
    viewer = member(request)
    row = row_of(request_id, viewer)
    manifest = _manifest(row)
    is_asker = viewer.requests and row.organisation_id == viewer.organisation
    if manifest is None or not is_asker or row.kind != MATCH:
        raise PermissionDenied
    context = {
        **_head(row),
        "crumbs": _crumbs(row),
        "viewer": viewer,
        "is_under_way": row.state in UNDER_WAY,
        "for_holder": True,
        "key_name": KeyRole.REQUESTER.value,
        **terms_shown(manifest, 0),
    }
    return desk_render(
        request, "datarequests/holding/question.html", context, entry="desk/holding.js"
    )


@require_GET
@login_required
def question_result(request: HttpRequest, request_id: str) -> HttpResponse:
    """Show the signed answer, which was verified before it was stored."""
    row = row_of(request_id, member(request))
    try:
        document = result_get(row)
    except Missing:
        raise Http404 from None
    context = {
        **_head(row),
        "crumbs": _crumbs(row),
        "row": row,
        "request_of": parse_request(row.definition),
        "document": document,
        "outcome": _outcome(document, row.kind),
    }
    return render(request, "datarequests/asking/result.html", context)


@require_GET
@login_required
def question_history(request: HttpRequest, request_id: str) -> HttpResponse:
    """Show what people signed, in order, and whether a row is missing."""
    row = row_of(request_id, member(request))
    context = {
        **_head(row),
        "crumbs": _crumbs(row),
        "signed": [(one, SIGNED[SignedKind(one.kind)]) for one in history_of(row)],
        "is_whole": is_whole(row),
    }
    return render(request, "datarequests/asking/history.html", context)


def _reject(row: DataRequest, viewer: Viewer, reason: str) -> object:
    return request_reject(row=row, viewer=viewer, reason=reason)


def _return(row: DataRequest, viewer: Viewer, reason: str) -> object:
    return request_return(row=row, viewer=viewer, reason=reason)


PRESSES: dict[str, Press] = {
    "intake": lambda row, viewer, _reason: intake_begin(row=row, viewer=viewer),
    "return": _return,
    "reject": _reject,
    "withdraw": lambda row, viewer, _reason: request_withdraw(row=row, viewer=viewer),
    "invite": lambda row, viewer, _r: drive_nudge(request_invite(row=row, viewer=viewer)),
    "closing": lambda row, viewer, _reason: request_close(row=row, viewer=viewer),
}
NEED_REASON = frozenset({"return", "reject"})
OUTCOMES = {
    "organisations": gettext_lazy("Organisations that hold at least one value"),
    "indicators": gettext_lazy("Values that at least one organisation holds"),
    "intersection": gettext_lazy("Values that all lists have"),
    "union": gettext_lazy("Values that any list has"),
}
SIGNED = {
    SignedKind.SUBMISSION: gettext_lazy("the question, as submitted"),
    SignedKind.REQUESTER: gettext_lazy("the final question, by who asks"),
    SignedKind.COORDINATOR: gettext_lazy("the final question, by the coordinator"),
    SignedKind.APPROVAL: gettext_lazy("an approval"),
    SignedKind.REVOCATION: gettext_lazy("an approval taken back"),
    SignedKind.ORDER: gettext_lazy("an order to the nodes"),
}


def _head(row: DataRequest) -> dict[str, object]:
    state = RequestState(row.state)
    step = STEP_OF.get(state)
    return {
        "here": "questions",
        "title": said(row.definition["title"]),
        "state": state,
        "badge": BADGES[state],
        "steps": STEPS if step else (),
        "step": step,
        "present": STEPS[step - 1] if step else "",
        "crumbs": [(reverse("questions"), _("Requests"))],
    }


def _crumbs(row: DataRequest) -> list[tuple[str, str]]:
    here = (reverse("question", args=[row.pk]), said(row.definition["title"]))
    return [(reverse("questions"), _("Requests")), here]


def _manifest(row: DataRequest) -> RequestManifest | None:
    version = version_of(row)
    if version is None or version.manifest is None:
        return None
    return parse_request_manifest(bytes(version.manifest))


def _written(row: DataRequest) -> dict[str, object]:
    """Return a question's terms while no manifest is built over it."""
    request = parse_request(row.definition)
    return {
        "request_of": request,
        "purpose": said(row.definition["purpose"]),
        "types": [TYPES[name] for name in request.identifiers],
        "names_persons": request.names_persons,
    }


def _outcome(document: JSON, kind: str) -> list[tuple[object, object]]:
    """Return each released number, or None where it is hidden, with its words."""
    section = document.get(kind) or {}
    return [
        (words, section[name]["count"]) for name, words in OUTCOMES.items() if name in section
    ]


def _approvals(row: DataRequest) -> object:
    version = version_of(row)
    return approvals_view(version) if version and version.manifest else None


def _actions(row: DataRequest, viewer: Viewer) -> list[Doable]:
    version = version_of(row)
    is_asker = viewer.requests and row.organisation_id == viewer.organisation
    kind = SignedKind.REQUESTER if is_asker else SignedKind.COORDINATOR
    manifest = bytes(version.manifest or b"") if version else b""
    seat = version.seats.filter(key__person=viewer.person).first() if version else None
    facts = Facts(
        state=RequestState(row.state),
        is_asker=is_asker,
        has_signed=signed_of(row, kind).filter(body=manifest).exists(),
        decision=seat.decision if seat else None,
        is_match=row.kind == MATCH,
    )
    return doable(facts, viewer)


def _offered(row: DataRequest, role: KeyRole) -> list[tuple[int, str]]:
    return [
        (one.pk, _said_key(one))
        for one in keys_offered(community=row.community_id, role=role)
        if one.organisation_id != row.organisation_id or row.kind != MATCH
    ]


def _said_key(key: OrganisationKey) -> str:
    return f"{key.organisation.name} – {key.person.name or key.person.email} ({key.name})"
