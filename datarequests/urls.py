"""Paths of the portal's data requests under ``/api/v1/``."""

from django.urls import path

from datarequests import views, views_keys, views_steps

STEPS = {
    "intake": views_steps.IntakeView,
    "return": views_steps.ReturnView,
    "preparation": views_steps.PreparationView,
    "manifest": views_steps.ManifestView,
    "approval": views_steps.ApprovalView,
    "rejection": views_steps.RejectionView,
    "revocation": views_steps.RevocationView,
    "invite": views_steps.InviteView,
    "orders": views_steps.RequestOrdersView,
    "closing": views_steps.ClosingView,
    "result": views_steps.RequestResultView,
    "history": views_steps.HistoryView,
}

urlpatterns = [
    path("requests", views.RequestsView.as_view(), name="requests"),
    path("requests/<str:request_id>", views.RequestView.as_view(), name="request"),
    path(
        "requests/<str:request_id>/submission",
        views.SubmissionView.as_view(),
        name="request-submission",
    ),
    path(
        "requests/<str:request_id>/withdrawal",
        views.WithdrawalView.as_view(),
        name="request-withdrawal",
    ),
    *(
        path(f"requests/<str:request_id>/{name}", view.as_view(), name=f"request-{name}")
        for name, view in STEPS.items()
    ),
    path("register", views.RegisterView.as_view(), name="register"),
    path("keys", views_keys.KeysView.as_view(), name="keys"),
    path("keys/<int:key_id>", views_keys.KeyView.as_view(), name="key"),
]
