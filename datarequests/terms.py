"""A signed question in words, and its terms as a page's program compares them with it."""

import json
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import get_language

from datarequests.words_holding import LEARNS, TYPES, sentence_of
from mpcengine.protocol.contribution import part_length
from mpcengine.protocol.request import ITEMS, MATCH
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.strict import to_base64
from mpcengine.selectors import nodes_listed

Shown = Mapping[str, object]


def terms_shown(manifest: RequestManifest, owner: int) -> Shown:
    """Return a request's terms in words, and those that the program compares, as they are."""
    request = manifest.request
    most = manifest.size(owner)
    capacity = manifest.capacity(owner)
    sizes = [part_length(index, capacity) * manifest.buckets for index in (1, 2, 3)]
    learns = [(who, sentence_of(manifest, key)) for who, key in LEARNS[manifest.kind]]
    return {
        "manifest": manifest,
        "owner": owner,
        "title": said(dict(request.title)),
        "purpose": said(dict(request.purpose)),
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
        "compared": json.dumps(terms_compared(manifest)),
    }


def terms_compared(manifest: RequestManifest) -> Mapping[str, object]:
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


def said(texts: Mapping[str, str]) -> str:
    """Return a text in the reader's language, or in the first there is."""
    return texts.get(get_language() or "") or next(iter(texts.values()), "")
