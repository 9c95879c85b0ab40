"""What anybody may ask the portal: whether it works, and which nodes it works with."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from health import HealthOut, health_answer
from mpcengine.protocol.strict import to_base64
from mpcengine.selectors import nodes_listed
from mpcengine.serializers import NodeOut


class PublicView(APIView):
    """Anybody may call; nobody is recognised."""

    authentication_classes = ()
    permission_classes = ()


class HealthView(PublicView):
    """Say that the portal works."""

    @extend_schema(responses={200: HealthOut})
    def get(self, _request: Request) -> Response:
        """Read the database and say so."""
        nodes_listed()
        return health_answer()


class NodesView(PublicView):
    """Name the nodes."""

    @extend_schema(responses={200: NodeOut(many=True)})
    def get(self, _request: Request) -> Response:
        """Return the three nodes; who they really are is for your own nodes file to say."""
        return Response(
            [
                {
                    "node": row.node,
                    "index": row.index,
                    "name": row.name,
                    "url": row.url,
                    "identity_key": to_base64(bytes(row.identity_key)),
                }
                for row in nodes_listed()
            ]
        )
