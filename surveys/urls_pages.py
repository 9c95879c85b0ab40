"""Paths of the portal's pages about surveys."""

from django.urls import path

from surveys import pages

urlpatterns = [path("", pages.home, name="home")]
