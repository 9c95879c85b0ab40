"""Paths of the portal's pages of data requests, and of the modules that they run."""

from django.urls import path

from datarequests import desk, views_asking, views_holding, views_question

urlpatterns = [
    path("holding", views_holding.inbox, name="holding"),
    path("holding/<str:request_id>", views_holding.question, name="holding_question"),
    path("questions", views_asking.questions, name="questions"),
    path("questions/new", views_asking.question_new, name="question_new"),
    path("questions/<str:request_id>", views_question.question, name="question"),
    path(
        "questions/<str:request_id>/change",
        views_asking.question_change,
        name="question_change",
    ),
    path(
        "questions/<str:request_id>/prepare",
        views_question.question_prepare,
        name="question_prepare",
    ),
    path(
        "questions/<str:request_id>/list",
        views_question.question_list,
        name="question_list",
    ),
    path(
        "questions/<str:request_id>/result",
        views_question.question_result,
        name="question_result",
    ),
    path(
        "questions/<str:request_id>/history",
        views_question.question_history,
        name="question_history",
    ),
    path(
        "questions/<str:request_id>/do/<str:step>",
        views_question.question_step,
        name="question_step",
    ),
    path("register", views_asking.register, name="register_page"),
    path("modules/<str:asked>/<path:module>", desk.module, name="module"),
]
