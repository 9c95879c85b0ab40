"""Paths of the ledger's public pages under ``/api/v1/``."""

from django.urls import path

from health import LiveView
from mpcengine import views

urlpatterns = [
    path("health", views.HealthView.as_view(), name="health"),
    path("health/live", LiveView.as_view(), name="live"),
    path("nodes", views.NodesView.as_view(), name="nodes"),
]
