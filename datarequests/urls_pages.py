"""Paths of the portal's pages of data requests, and of the modules that they run."""

from django.urls import path

from datarequests import desk, views_holding

urlpatterns = [
    path("holding", views_holding.inbox, name="holding"),
    path("holding/<str:request_id>", views_holding.question, name="holding_question"),
    path("modules/<str:asked>/<path:module>", desk.module, name="module"),
]
