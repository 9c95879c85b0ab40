"""The relay's addresses, and its OpenAPI 3.1 document."""

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

urlpatterns = [
    path("", include("relay.urls_booth")),
    path("api/v1/", include("relay.urls")),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
]
handler400 = "problems.bad_request"
handler403 = "problems.permission_denied"
handler404 = "problems.not_found"
handler500 = "problems.server_error"
