"""The page on which anybody checks a result file, without signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from accounts.public import public_view
from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.nodesfile import NodesFile
from mpcengine.protocol.request_result import verify_request_result
from mpcengine.protocol.result import Verification, verify_result
from mpcengine.selectors import nodes_file_read
from surveys.forms_results import LARGEST_FILE, VerifyForm


class VerifyView(View):
    """Check a file that somebody brings. Nothing of it is kept."""

    largest_body = LARGEST_FILE + 64 * 1024

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file."""
        return render(request, "about/verify.html", {"form": VerifyForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check the file and say what holds."""
        form = VerifyForm(request.POST, request.FILES)
        context: dict[str, object] = {"form": form}
        if form.is_valid():
            context = {"form": VerifyForm()}
            try:
                context["verification"] = check(form.cleaned_data["result"])
            except ProtocolError as error:
                context |= {"trouble": str(error), "code": error.code}
        return render(request, "about/verify.html", context)


verify = public_view(VerifyView.as_view())


def check(data: bytes) -> Verification:
    """Return what holds of a result file; raise the first thing that is off.

    The keys are compared with those of the portal's nodes. A file signed by other nodes may be
    whole in itself: then it is said that who they are was not checked.
    """
    document = parse_json(data, file=True)
    try:
        return _verify(document, nodes_file_read())
    except ProtocolError:
        return _verify(document, None)


def _verify(document: JSON, nodes: NodesFile | None) -> Verification:
    if isinstance(document, dict) and document.get("kind") != "survey":
        return verify_request_result(document, nodes)
    return verify_result(document, nodes)
