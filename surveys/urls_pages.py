"""Paths of the portal's pages about surveys, and of those for everybody."""

from django.urls import path

from surveys import pages, pages_everyone

urlpatterns = [
    path("", pages.home, name="home"),
    path("about", pages_everyone.about, name="about"),
    path("about/who-sees-what", pages_everyone.who_sees_what, name="who_sees_what"),
    path("about/privacy", pages_everyone.privacy, name="privacy"),
    path("about/accessibility", pages_everyone.accessibility, name="accessibility"),
    path("about/security", pages_everyone.report_security, name="report_security"),
    path(".well-known/security.txt", pages_everyone.security_text, name="security_text"),
    path("about/status", pages_everyone.status, name="status"),
    path("about/components", pages_everyone.components, name="components"),
]
