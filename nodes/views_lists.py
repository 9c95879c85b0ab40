"""What a node publishes of packages: whole lists, in pages, and no question about one id.

Who wants to know what became of a package reads all of a list and looks at home: asking for one
id would tell whose it is (docs/protocol.md §14.3).
"""

from collections.abc import Sequence
from typing import TypeVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mpcengine.protocol.batch import ID_BYTES
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.strict import to_base64
from nodes import serializers as shapes
from nodes.keystore import node_name
from nodes.selectors import accepted_get, lines_get, proof_get, rejected_get, seen_get
from nodes.views import NodeView
from problems import Malformed, Missing

# Entries of a page: some 670 kB of JSON.
PAGE_ENTRIES = 10_000
_PAGE = OpenApiParameter("page", int, description="from 1; the first one if it is left out")
_LONGEST_NUMBER = 6

Item = TypeVar("Item")


class AcceptedView(NodeView):
    """Read which packages were counted."""

    @extend_schema(parameters=[_PAGE], responses={200: shapes.AcceptedOut})
    def get(self, request: Request, digest: str) -> Response:
        """Return a page of the ids of the packages counted in a released survey."""
        page = _page_number(request)
        ids = accepted_get(digest=digest)
        head = _head(digest, len(ids) // ID_BYTES, page)
        return Response({**head, "ids": _ids_of(ids, page)})


class RejectedView(NodeView):
    """Read which packages were not counted, and why."""

    @extend_schema(parameters=[_PAGE], responses={200: shapes.RejectedOut})
    def get(self, request: Request, digest: str) -> Response:
        """Return a page of the packages not counted in a released survey, with reasons."""
        page = _page_number(request)
        entries = rejected_get(digest=digest)
        rejected: list[JSON] = [
            {"id": entry.package, "reason": entry.reason} for entry in _page_of(entries, page)
        ]
        return Response({**_head(digest, len(entries), page), "rejected": rejected})


class SeenView(NodeView):
    """Read what this node has of a survey: padded, so that nobody can count it."""

    @extend_schema(parameters=[_PAGE], responses={200: shapes.SeenOut})
    def get(self, request: Request, digest: str) -> Response:
        """Return a page of the signed list of packages seen; made anew for whole groups only.

        It may change between two pages: the signature, repeated on each, is of one list.
        """
        page = _page_number(request)
        found = seen_get(digest=digest)
        head = _head(digest, len(found.ids) // ID_BYTES, page)
        ids = _ids_of(bytes(found.ids), page)
        signature = to_base64(bytes(found.signature))
        return Response({**head, "node": node_name(), "signature": signature, "ids": ids})


class ProofView(NodeView):
    """Read how reports were checked: the coin, and who signed which values."""

    @extend_schema(responses={200: shapes.ProofOut})
    def get(self, _request: Request, digest: str) -> Response:
        """Return the coin's transcript and three digests of a released survey."""
        return Response(proof_get(digest))


class ProofLinesView(NodeView):
    """Read the values of reports that one node showed under the coin."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, _request: Request, digest: str, node: str) -> HttpResponse:
        """Return the bytes of a node's ``lines`` message of a released survey."""
        body = lines_get(digest=digest, node=node)
        return HttpResponse(body, content_type="application/json")


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    if not is_number or int(text) < 1:
        raise Malformed("lists.page", "The page must be a number from 1.")
    return int(text)


def _head(digest: str, size: int, page: int) -> dict[str, JSON]:
    """Return what every page says of its list; raise Missing beyond the last page."""
    pages = max(1, -(-size // PAGE_ENTRIES))
    if page > pages:
        raise Missing("lists.page", "The list has no such page.")
    return {"manifest": digest, "size": size, "page": page, "pages": pages}


def _page_of(entries: Sequence[Item], page: int) -> list[Item]:
    return list(entries[(page - 1) * PAGE_ENTRIES : page * PAGE_ENTRIES])


def _ids_of(packed: bytes, page: int) -> list[str]:
    """Return a page of ids from a list of 32 bytes each."""
    start = (page - 1) * PAGE_ENTRIES * ID_BYTES
    part = packed[start : start + PAGE_ENTRIES * ID_BYTES].hex()
    step = 2 * ID_BYTES
    return [part[at : at + step] for at in range(0, len(part), step)]
