"""A holder's pages: what is asked of her organisation, and one question with all its terms.

The server says what was signed, and no more. What the holder decides and what her list holds
stays in her browser and goes to the nodes; nothing here takes it.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from datarequests.desk import desk_render
from datarequests.people import Viewer, viewer_of
from datarequests.selectors_holding import holding_get, holdings_list
from datarequests.states import UNDER_WAY, RequestState
from datarequests.words_holding import BADGES, LEARNS, TYPES, sentence_of
from mpcengine.protocol.contribution import part_length
from mpcengine.protocol.request import ITEMS, MATCH
from mpcengine.protocol.request_manifest import RequestManifest, parse_request_manifest
from mpcengine.protocol.strict import to_base64
from mpcengine.selectors import nodes_listed
from problems import Missing

ROWS = 25
Shown = Mapping[str, object]


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
        "key": invitation.key,
        "state": state,
        "badge": BADGES[state],
        "is_under_way": state in UNDER_WAY,
        **_terms(manifest, invitation.owner),
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
        "title": _said(dict(found.request.title)),
        "asker": found.requester.name,
        "closes": found.consenting.closes,
        "state": state.label,
        "badge": BADGES[state],
    }


def _terms(manifest: RequestManifest, owner: int) -> Shown:
    """Return a request's terms in words, and those that the program compares, as they are."""
    request = manifest.request
    most = manifest.size(owner)
    capacity = manifest.capacity(owner)
    sizes = [part_length(index, capacity) * manifest.buckets for index in (1, 2, 3)]
    learns = [(who, sentence_of(manifest, key)) for who, key in LEARNS[manifest.kind]]
    return {
        "manifest": manifest,
        "owner": owner,
        "title": _said(dict(request.title)),
        "purpose": _said(dict(request.purpose)),
        "types": [TYPES[name] for name in request.identifiers],
        "columns": [(name, TYPES[name]) for name in request.identifiers],
        "most": most,
        "holders": len(manifest.owners) - 1,
        "names_persons": request.names_persons,
        "tells_items": manifest.kind == MATCH and request.holder_feedback == ITEMS,
        "kilobytes": sum(sizes) // 1000 + 1,
        "learns": learns,
        "known": json.dumps([to_base64(bytes(one.identity_key)) for one in nodes_listed()]),
        "urls": json.dumps([one.url for one in nodes_listed()]),
        "compared": json.dumps(_compared(manifest)),
    }


def _compared(manifest: RequestManifest) -> Mapping[str, object]:
    """Return what the page says, for the program to compare with what was signed."""
    request = manifest.request.to_json()
    said = {key: value for key, value in request.items() if key != "format"}
    return {
        "request": said,
        "requester": manifest.requester.name,
        "coordinator": manifest.coordinator.name,
        "owners": [one.name for one in manifest.owners],
        "approvals": [
            manifest.approvals.needed,
            [one.name for one in manifest.approvals.approvers],
        ],
        "sizes": [manifest.first_size, manifest.other_size],
        "consenting": _moment(manifest.consenting.closes),
        "contributing": _moment(manifest.contributing.closes),
    }


def _moment(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _said(texts: Mapping[str, str]) -> str:
    return texts.get(get_language() or "") or next(iter(texts.values()), "")
