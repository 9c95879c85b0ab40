"""Addresses of signing in: allauth's views by name, only those we offer, and our own.

Sign-up, further e-mail addresses and linking foreign accounts are not here: accounts come by
invitation and keep the address they were invited at. ``tests/accounts/access.csv`` says who
may call each.
"""

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkey
from allauth.socialaccount import views as provider
from allauth.socialaccount.providers.openid_connect import views as connect
from allauth.usersessions import views as sessions
from django.urls import path, re_path

from accounts import views

urlpatterns = [
    path("language", views.language, name="language"),
    path("invitation", views.invitation, name="invitation"),
    path("invitation/<str:token>", views.invitation_open, name="invitation_open"),
    path("tokens", views.token_make, name="token_make"),
    path("tokens/<int:token_id>/revoke", views.token_take_back, name="token_revoke"),
    path("sign-in", account.login, name="account_login"),
    path("sign-out", account.logout, name="account_logout"),
    path("inactive", account.account_inactive, name="account_inactive"),
    path("again", account.reauthenticate, name="account_reauthenticate"),
    path("password", account.password_change, name="account_change_password"),
    path("password/first", account.password_set, name="account_set_password"),
    path("password/forgotten", account.password_reset, name="account_reset_password"),
    path(
        "password/forgotten/sent",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "password/new/done",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("second-factor", factor.index, name="mfa_index"),
    path("second-factor/code", factor.authenticate, name="mfa_authenticate"),
    path("second-factor/again", factor.reauthenticate, name="mfa_reauthenticate"),
    path("second-factor/app", views.factor_view(totp.activate_totp), name="mfa_activate_totp"),
    path("second-factor/app/picture", views.totp_picture, name="totp_picture"),
    path(
        "second-factor/app/remove",
        views.factor_view(totp.deactivate_totp),
        name="mfa_deactivate_totp",
    ),
    path("second-factor/recovery", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "second-factor/recovery/new",
        views.factor_view(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("passkeys", passkey.list_webauthn, name="mfa_list_webauthn"),
    path("passkeys/new", views.factor_view(passkey.add_webauthn), name="mfa_add_webauthn"),
    path("passkeys/sign-in", passkey.login_webauthn, name="mfa_login_webauthn"),
    path("passkeys/again", passkey.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path(
        "passkeys/<int:pk>/remove",
        views.factor_view(passkey.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path("passkeys/<int:pk>", passkey.edit_webauthn, name="mfa_edit_webauthn"),
    path("sessions", sessions.list_usersessions, name="usersessions_list"),
    path("provider/cancelled", provider.login_cancelled, name="socialaccount_login_cancelled"),
    path("provider/error", provider.login_error, name="socialaccount_login_error"),
    path("provider/<str:provider_id>", connect.login, name="openid_connect_login"),
    path("provider/<str:provider_id>/back", connect.callback, name="openid_connect_callback"),
]
