"""Answer ``/api/v1/health`` and ``/api/v1/health/live``: is this service ready, does it live.

Ready: what a view has read (keys, databases) answers; a refusal of that is its own problem
document, 503 where a database is away. The broker is told of, and is not asked for: without it
the reconcilers still find every job. Clock and code are for peers and operators to compare.
No number, name or address of anything is told.
"""

import time

from celery import current_app
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from security_events.build import build_digest

# A check of the broker is kept for a moment: whoever calls often does not call it as often.
KEPT_SECONDS = 5.0
BROKER_SECONDS = 2
_broker: list[tuple[float, bool]] = []


class HealthOut(serializers.Serializer[object]):
    """That the service is ready, its clock, and whether its broker answers."""

    status = serializers.CharField(help_text="ok")
    clock = serializers.DateTimeField(help_text="the service's own, in UTC")
    code = serializers.CharField(help_text="SHA-256 over the product's source files")
    broker = serializers.ChoiceField(choices=("ok", "away"))


class LiveOut(serializers.Serializer[object]):
    """That the process answers; says nothing of what it needs."""

    status = serializers.CharField(help_text="ok")


class LiveView(APIView):
    """Say that the web process answers, whatever else does not."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(responses={200: LiveOut})
    def get(self, _request: Request) -> Response:
        """Read nothing and say so."""
        return Response({"status": "ok"})


def health_answer() -> Response:
    """Return what a service that is ready says; call it once everything needed was read."""
    return Response(
        {
            "status": "ok",
            "clock": timezone.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "code": build_digest(),
            "broker": "ok" if broker_answers() else "away",
        }
    )


def broker_answers() -> bool:
    """Tell whether the broker answered when it was last asked, at most KEPT_SECONDS ago."""
    now = time.monotonic()
    if not _broker or now - _broker[-1][0] > KEPT_SECONDS:
        _broker[:] = [(now, _ask_broker())]
    return _broker[-1][1]


def _ask_broker() -> bool:
    try:
        with current_app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
    except Exception:  # noqa: BLE001 - each transport has errors of its own; all mean away
        return False
    return True
