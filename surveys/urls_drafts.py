"""Paths of the pages on which a questionnaire is written."""

from django.urls import path

from surveys import views_builder, views_drafts, views_surveys

urlpatterns = [
    path("new", views_drafts.draft_new, name="draft_new"),
    path("import", views_drafts.draft_import, name="draft_import"),
    path("keep", views_drafts.draft_keep, name="draft_keep"),
    path("template/<str:template_id>", views_drafts.draft_from_template, name="draft_template"),
    path("<str:draft_id>", views_builder.draft_page, name="draft"),
    path("<str:draft_id>/act", views_builder.draft_act, name="draft_act"),
    path("<str:draft_id>/copy", views_drafts.draft_copy, name="draft_copy"),
    path("<str:draft_id>/delete", views_drafts.draft_gone, name="draft_delete"),
    path(
        "<str:draft_id>/export/<str:format_id>", views_drafts.draft_export, name="draft_export"
    ),
    path("<str:draft_id>/final", views_surveys.draft_final, name="draft_final"),
    path("<str:draft_id>/preview", views_builder.draft_preview, name="draft_preview"),
    path(
        "<str:draft_id>/question/<str:question_id>",
        views_builder.draft_question,
        name="draft_question",
    ),
    path("<str:draft_id>/rehearsal", views_builder.draft_rehearsal, name="draft_rehearsal"),
    path("<str:draft_id>/settings", views_builder.draft_settings, name="draft_settings"),
    path("<str:draft_id>/versions", views_drafts.draft_history, name="draft_versions"),
]
