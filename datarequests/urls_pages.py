"""Paths of the modules that the portal's pages of data requests run."""

from django.urls import path

from datarequests import desk

urlpatterns = [
    path("modules/<str:asked>/<path:module>", desk.module, name="module"),
]
