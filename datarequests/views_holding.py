"""A holder's pages: what is asked of her organisation, and one question with all its terms.

The server says what was signed, and no more. What the holder decides and what her list holds
stays in her browser and goes to the nodes; nothing here takes it.
"""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from datarequests.desk import desk_render
from datarequests.people import Viewer, viewer_of
from datarequests.selectors_holding import holding_get, holdings_list
from datarequests.states import UNDER_WAY, RequestState
from datarequests.terms import Shown, said, terms_shown
from datarequests.words_holding import BADGES
from mpcengine.protocol.request_manifest import parse_request_manifest
from problems import Missing

ROWS = 25


@require_GET
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what is asked of the organisation, and the keys this browser holds."""
    viewer = _holder(request)
    pages = Paginator(holdings_list(viewer=viewer), ROWS)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "here": "holding",
        "viewer": viewer,
        "page": page,
        "rows": [_row(one.version.request, one.version.manifest) for one in page],
    }
    return desk_render(
        request, "datarequests/holding/inbox.html", context, entry="desk/inbox.js"
    )


@require_GET
@login_required
def question(request: HttpRequest, request_id: str) -> HttpResponse:
    """Show one question: its terms as they were signed, and the way to answer it."""
    viewer = _holder(request)
    try:
        invitation = holding_get(request_id=request_id, viewer=viewer)
    except Missing:
        raise Http404 from None
    manifest = parse_request_manifest(bytes(invitation.version.manifest or b""))
    state = RequestState(invitation.version.request.state)
    context = {
        "here": "holding",
        "viewer": viewer,
        "for_holder": True,
        "key": invitation.key,
        "state": state,
        "badge": BADGES[state],
        "is_under_way": state in UNDER_WAY,
        **terms_shown(manifest, invitation.owner),
    }
    return desk_render(
        request, "datarequests/holding/question.html", context, entry="desk/holding.js"
    )


def _holder(request: HttpRequest) -> Viewer:
    viewer = viewer_of(request)
    if not viewer.holds:
        raise PermissionDenied
    return viewer


def _row(row: object, manifest: bytes | memoryview | None) -> Shown:
    found = parse_request_manifest(bytes(manifest or b""))
    state = RequestState(getattr(row, "state", ""))
    return {
        "id": found.request_id,
        "digest": found.digest,
        "title": said(dict(found.request.title)),
        "asker": found.requester.name,
        "closes": found.consenting.closes,
        "state": state.label,
        "badge": BADGES[state],
    }
