"""Pages for everybody, signed in or not: what this is, who sees what, and how it is doing."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.public import public_view
from health import broker_answers
from mpcengine.selectors import nodes_listed
from surveys.showcase import showcase

SECURITY_TEXT_DAYS = 90


@public_view
@require_GET
def about(request: HttpRequest) -> HttpResponse:
    """Say what Drempel is."""
    return render(request, "about/about.html")


@public_view
@require_GET
def who_sees_what(request: HttpRequest) -> HttpResponse:
    """Say what every party learns, and what two together could."""
    return render(request, "about/who_sees_what.html")


@public_view
@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what the portal keeps about people."""
    return render(request, "about/privacy.html")


@public_view
@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    """State what was checked and what was not."""
    return render(request, "about/accessibility.html")


@public_view
@require_GET
def report_security(request: HttpRequest) -> HttpResponse:
    """Say how to report a flaw."""
    return render(request, "about/security.html", {"contact": settings.SECURITY_CONTACT})


@public_view
@require_GET
def security_text(request: HttpRequest) -> HttpResponse:
    """Answer ``/.well-known/security.txt`` (RFC 9116), where the operator names a contact."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires = timezone.now().replace(microsecond=0) + timedelta(days=SECURITY_TEXT_DAYS)
    lines = (
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires.strftime('%Y-%m-%dT00:00:00Z')}",
        "Preferred-Languages: nl, en",
        f"Policy: {request.build_absolute_uri('/about/security')}",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@public_view
@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """Say whether the portal works, and which nodes it works with."""
    context = {
        "nodes": nodes_listed(),
        "now": timezone.now(),
        "queue_answers": broker_answers(),
    }
    return render(request, "about/status.html", context)


@require_GET
def components(request: HttpRequest) -> HttpResponse:
    """Show every part of which pages are made: to operators, and where this is tried out."""
    if not (settings.EMBEDDED or getattr(request.user, "is_staff", False)):
        raise Http404
    return render(request, "about/components.html", showcase())
