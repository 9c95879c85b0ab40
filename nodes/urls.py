"""The node's addresses under /api/v1/."""

from django.urls import path

from health import LiveView
from nodes import views, views_contact, views_lists, views_requests

urlpatterns = [
    path("keys", views.KeysView.as_view()),
    path("introductions/<str:challenge>", views.IntroductionView.as_view()),
    path("health", views.HealthView.as_view()),
    path("health/live", LiveView.as_view()),
    path("surveys/<str:survey_id>/keys", views.SurveyKeysView.as_view()),
    path("manifests", views.ManifestsView.as_view()),
    path("manifests/<str:digest>", views.ManifestView.as_view()),
    path("manifests/<str:digest>/signatures", views.SignaturesView.as_view()),
    path("orders", views.OrdersView.as_view()),
    path("tokens", views.TokensView.as_view()),
    path("packages", views.PackagesView.as_view()),
    path("lists/<str:digest>/accepted", views_lists.AcceptedView.as_view()),
    path("lists/<str:digest>/rejected", views_lists.RejectedView.as_view()),
    path("lists/<str:digest>/seen", views_lists.SeenView.as_view()),
    path("lists/<str:digest>/proof", views_lists.ProofView.as_view()),
    path("lists/<str:digest>/proof/<str:node>", views_lists.ProofLinesView.as_view()),
    path("requests/<str:request_id>/keys", views_requests.RequestKeysView.as_view()),
    path("requests", views_requests.RequestsView.as_view()),
    path("requests/<str:digest>", views_requests.RequestView.as_view()),
    path("requests/<str:digest>/signatures", views_requests.RequestSignaturesView.as_view()),
    path("requests/<str:digest>/consents", views_requests.ConsentsView.as_view()),
    path("requests/<str:digest>/withdrawals", views_requests.WithdrawalsView.as_view()),
    path("requests/<str:digest>/revocations", views_requests.RevocationsView.as_view()),
    path("requests/<str:digest>/nonce", views_requests.NonceView.as_view()),
    path("requests/<str:digest>/overflow", views_requests.OverflowView.as_view()),
    path("requests/<str:digest>/contributions", views_requests.ContributionsView.as_view()),
    path(
        "requests/<str:digest>/contributions/<int:owner>",
        views_requests.ContributionView.as_view(),
    ),
    path(
        "requests/<str:digest>/contributions/<int:owner>/<int:bucket>/<int:offset>",
        views_requests.ChunkView.as_view(),
    ),
    path(
        "requests/<str:digest>/private/<int:owner>/<int:bucket>",
        views_requests.PrivateView.as_view(),
    ),
    path("requests/<str:digest>/contacts", views_contact.ContactsView.as_view()),
    path("requests/<str:digest>/contacts/<int:owner>", views_contact.ContactView.as_view()),
    path("results/<str:digest>", views.ResultView.as_view()),
    path("jobs/<str:digest>", views.JobView.as_view()),
    path("peer/exchange", views.PeerExchangeView.as_view()),
    path("peer/packages", views.PeerPackagesView.as_view()),
]
