"""Paths of the relay under ``/api/v1/``."""

from django.urls import path

from health import LiveView
from relay import views

urlpatterns = [
    path("manifests", views.ManifestsView.as_view(), name="relay-manifests"),
    path("manifests/<str:survey_id>", views.ManifestView.as_view(), name="relay-manifest"),
    path("manifests/<str:survey_id>/text", views.ManifestTextView.as_view(), name="relay-text"),
    path("packages", views.PackagesView.as_view(), name="relay-packages"),
    path("orders", views.OrdersView.as_view(), name="relay-orders"),
    path("surveys/<str:digest>", views.SurveyView.as_view(), name="relay-survey"),
    path("keys", views.KeysView.as_view(), name="relay-keys"),
    path("health", views.HealthView.as_view(), name="relay-health"),
    path("health/live", LiveView.as_view(), name="relay-live"),
]
