"""Serve the modules of the portal's pages, and render a page that runs one of them.

``client/src/desk``, ``lists`` and ``protocol`` are served byte for byte under a release that
names all their bytes. A page carries an import map with the integrity of every module; its
policy lets it run these and call this portal and the three nodes, and nobody else.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from mpcengine.protocol.boothpage import integrity, release_of
from mpcengine.selectors import nodes_listed

PROGRAM = Path(__file__).resolve().parents[1] / "client" / "src"
FOLDERS = ("desk", "lists", "protocol")
FOR_EVER = "public, max-age=31536000, immutable"


@cache
def modules() -> Mapping[str, bytes]:
    """Return every module by its path below ``/modules/<release>/``, sorted by path."""
    found = [path for folder in FOLDERS for path in (PROGRAM / folder).rglob("*.js")]
    named = {path.relative_to(PROGRAM).as_posix(): path for path in found}
    return MappingProxyType({name: named[name].read_bytes() for name in sorted(named)})


@cache
def integrities() -> Mapping[str, str]:
    """Return the integrity (``sha384-…``) of every module, by path."""
    return MappingProxyType({name: integrity(data) for name, data in modules().items()})


@cache
def release() -> str:
    """Return the release of these modules, 32 hexadecimal digits."""
    return release_of(integrities())


@require_GET
def module(_request: HttpRequest, asked: str, module: str) -> HttpResponse:
    """Return one module of the present release: the same for everybody, no secret."""
    if asked != release() or module not in modules():
        raise Http404
    answer = HttpResponse(modules()[module], content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = FOR_EVER
    return answer


def desk_render(
    request: HttpRequest, template: str, context: Mapping[str, object], *, entry: str
) -> HttpResponse:
    """Return a page that runs the module ``entry`` (``desk/….js``), with the policy for it.

    The template includes ``datarequests/program.html`` in its block ``head``.
    """
    desk = {
        "map": import_map(),
        "entry": f"/modules/{release()}/{entry}",
        "integrity": integrities()[entry],
    }
    answer = render(request, template, {**context, "desk": desk})
    answer.headers["Content-Security-Policy"] = page_policy()
    return answer


@cache
def import_map() -> str:
    """Return the import map's JSON: integrity of every module, nothing else."""
    table = {f"/modules/{release()}/{name}": one for name, one in integrities().items()}
    return json.dumps({"integrity": table}, separators=(",", ":"))


def page_policy() -> str:
    """Return the portal's page policy, widened by the import map's hash and the nodes."""
    digest = hashlib.sha256(import_map().encode()).digest()
    script = f"script-src 'self' 'sha256-{base64.b64encode(digest).decode()}'"
    nodes = " ".join(sorted({_origin(node.url) for node in nodes_listed()}))
    policy = str(settings.PAGE_POLICY).replace("script-src 'self'", script)
    return policy.replace("connect-src 'self'", f"connect-src 'self' {nodes}".rstrip())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
