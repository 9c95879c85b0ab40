"""Paths of a survey's pages from inviting to closing."""

from django.urls import path

from surveys import views_surveys

urlpatterns = [
    path("<str:survey_id>/sign", views_surveys.survey_page, name="survey_page"),
    path("<str:survey_id>/people", views_surveys.survey_people, name="survey_people"),
    path("<str:survey_id>/remind", views_surveys.survey_remind, name="survey_remind"),
]
