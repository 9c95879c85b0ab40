"""The portal's addresses, and its OpenAPI 3.1 document."""

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

from accounts.operators import site
from accounts.views import static_file

urlpatterns = [
    path("", include("surveys.urls_pages")),
    path("", include("datarequests.urls_pages")),
    path("drafts/", include("surveys.urls_drafts")),
    path("surveys/", include("surveys.urls_surveys")),
    path("account/", include("accounts.urls")),
    path("admin/", site.urls),
    path("static/<path:name>", static_file, name="static"),
    path("api/v1/", include("surveys.urls")),
    path("api/v1/", include("datarequests.urls")),
    path("api/v1/", include("mpcengine.urls")),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
]
handler400 = "accounts.pages.bad_request"
handler403 = "accounts.pages.permission_denied"
handler404 = "accounts.pages.not_found"
handler429 = "accounts.pages.too_many"
handler500 = "accounts.pages.server_error"
