"""Pages of questions: the list of those a person has a part in, writing one, the register."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from datarequests.desk import desk_render
from datarequests.forms_asking import QuestionForm, initial_of
from datarequests.models import DataRequest, KeyRole
from datarequests.people import ROLE_OF_KEY, Viewer, viewer_of
from datarequests.selectors import register_list, request_get, request_list
from datarequests.services.drafting import draft_change, draft_create
from datarequests.states import EDITABLE, RequestState
from datarequests.terms import said
from datarequests.words_asking import WAITS_FOR
from datarequests.words_holding import BADGES
from problems import Missing

ROWS = 25
SORTS = {
    "-changed": _("changed last, first"),
    "-created": _("newest first"),
    "created": _("oldest first"),
    "state": _("by state"),
}
# Keys that are made on these pages; a holder's are made in her inbox.
KEYS_HERE = (KeyRole.REQUESTER, KeyRole.COORDINATOR, KeyRole.APPROVER)


@require_GET
@login_required
def questions(request: HttpRequest) -> HttpResponse:
    """List the questions in which a person has a part, and show the keys of this browser."""
    viewer = member(request)
    asked = {
        "state": request.GET.get("state", ""),
        "sort": request.GET.get("sort", "-changed"),
    }
    if asked["state"] not in ("", *RequestState.values) or asked["sort"] not in SORTS:
        raise Http404
    states = [asked["state"]] if asked["state"] else []
    rows = request_list(viewer=viewer, states=states, sort=asked["sort"])
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {
        "here": "questions",
        "viewer": viewer,
        "page": page,
        "rows": [line_of(row) for row in page],
        "asked": asked,
        "states": RequestState.choices,
        "sorts": SORTS,
        "key_roles": key_roles(viewer),
    }
    return desk_render(
        request, "datarequests/asking/list.html", context, entry="desk/asking.js"
    )


@require_http_methods(["GET", "POST"])
@login_required
def question_new(request: HttpRequest) -> HttpResponse:
    """Write a question."""
    viewer = member(request)
    if not viewer.requests:
        raise PermissionDenied
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = draft_create(
            viewer=viewer,
            definition=form.definition,
            list_size=form.cleaned_data["list_size"],
        )
        return redirect("question", request_id=row.pk)
    return _form(request, form, _("Ask a question"))


@require_http_methods(["GET", "POST"])
@login_required
def question_change(request: HttpRequest, request_id: str) -> HttpResponse:
    """Change a question that is being written, or was returned."""
    viewer = member(request)
    row = row_of(request_id, viewer)
    if not (viewer.requests and row.organisation_id == viewer.organisation):
        raise PermissionDenied
    if row.state not in EDITABLE:
        return redirect("question", request_id=row.pk)
    form = QuestionForm(request.POST or None, initial=initial_of(row.definition, row.list_size))
    if request.method == "POST" and form.is_valid():
        draft_change(
            row=row,
            viewer=viewer,
            definition=form.definition,
            list_size=form.cleaned_data["list_size"],
        )
        return redirect("question", request_id=row.pk)
    return _form(request, form, _("Change the question"))


@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """Show everybody what was ever asked: title, purpose, asker, kind, state."""
    page = Paginator(register_list(), ROWS).get_page(request.GET.get("page"))
    rows = [
        {
            "entry": entry,
            "title": said(entry.title),
            "purpose": said(entry.purpose),
            "state": RequestState(entry.request.state).label,
            "badge": BADGES[RequestState(entry.request.state)],
        }
        for entry in page
    ]
    return render(request, "datarequests/asking/register.html", {"page": page, "rows": rows})


def member(request: HttpRequest) -> Viewer:
    """Return who looks; raise PermissionDenied for who has no part in any question."""
    viewer = viewer_of(request)
    if not (viewer.requests or viewer.coordinates or viewer.approves or viewer.audits):
        raise PermissionDenied
    return viewer


def row_of(request_id: str, viewer: Viewer) -> DataRequest:
    """Return a question; raise the same Http404 for absent and not hers."""
    try:
        return request_get(request_id=request_id, viewer=viewer)
    except Missing:
        raise Http404 from None


def line_of(row: DataRequest) -> dict[str, object]:
    """Return a question as a line of a list."""
    state = RequestState(row.state)
    return {
        "id": row.pk,
        "title": said(row.definition["title"]),
        "asker": row.organisation.name,
        "changed": row.changed_at,
        "state": state.label,
        "badge": BADGES[state],
        "waits": WAITS_FOR[state],
    }


def key_roles(viewer: Viewer) -> list[str]:
    """Return for which roles a person makes keys on these pages."""
    return [one.value for one in KEYS_HERE if ROLE_OF_KEY[one] in viewer.roles]


def _form(request: HttpRequest, form: QuestionForm, heading: object) -> HttpResponse:
    context = {
        "here": "questions",
        "form": form,
        "heading": heading,
        "crumbs": [(reverse("questions"), _("Requests"))],
    }
    return render(request, "datarequests/asking/form.html", context)
