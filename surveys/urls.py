"""Paths of the portal's surveys under ``/api/v1/``."""

from django.urls import path

from surveys import views

urlpatterns = [
    path("surveys", views.SurveysView.as_view(), name="surveys"),
    path("surveys/<str:survey_id>", views.SurveyView.as_view(), name="survey"),
    path(
        "surveys/<str:survey_id>/invitations",
        views.InvitationsView.as_view(),
        name="survey-invitations",
    ),
    path(
        "surveys/<str:survey_id>/partners",
        views.PartnersView.as_view(),
        name="survey-partners",
    ),
    path("surveys/<str:survey_id>/prepare", views.PrepareView.as_view(), name="survey-prepare"),
    path("surveys/<str:survey_id>/publish", views.PublishView.as_view(), name="survey-publish"),
    path("surveys/<str:survey_id>/orders", views.OrdersView.as_view(), name="survey-orders"),
    path("surveys/<str:survey_id>/result", views.ResultView.as_view(), name="survey-result"),
]
