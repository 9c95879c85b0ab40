"""Django's admin for operators: organisations, people, API tokens. No survey, no secret.

Signing in goes by the portal's own page, with its second factor. Nothing is deleted here but
tokens: surveys point at organisations, and a person is disabled instead.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows import reauthentication
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.authentication import signed_in
from accounts.invitations import invitation_send
from accounts.models import ApiToken, Organisation, Role, User
from accounts.people import (
    person_changed,
    person_created,
    second_factor_reset,
    sessions_end,
)
from accounts.selectors import is_own_path, lacks_second_factor
from accounts.services import token_revoke

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Model]
else:
    Admin = admin.ModelAdmin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class OperatorSite(admin.AdminSite):
    """The admin, for operators who have signed in on the portal's own page."""

    site_header = gettext_lazy("Drempel: people and organisations")
    site_title = "Drempel"
    index_title = gettext_lazy("People and organisations")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Let operators in, with a second factor where one is obligatory."""
        user = request.user
        return (
            isinstance(user, User)
            and user.is_active
            and user.is_staff
            and not lacks_second_factor(user)
        )

    def admin_view(  # type: ignore[override]  # Django's stub binds a view's kind
        self,
        view: Callable[..., Any],
        cacheable: bool = False,  # noqa: FBT001, FBT002
    ) -> Callable[..., Any]:
        """Make a view one for operators who, to change anything, have just signed in again.

        What was sent waits in the session meanwhile: allauth does it after the password.
        """
        return super().admin_view(_signed_in_again(view), cacheable)

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponseBase:  # type: ignore[override]  # never a page of its own
        """Lead to the portal's own page, or refuse who is signed in and no operator."""
        del extra_context
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        wanted = request.GET.get("next")
        there = wanted if wanted and is_own_path(wanted) else reverse("admin:index")
        return redirect_to_login(there, reverse("account_login"))

    def logout(self, request: HttpRequest, extra_context: object = None) -> HttpResponseBase:  # type: ignore[override]  # never a page of its own
        """Lead to the portal's own sign-out, which ends all sessions."""
        del request, extra_context
        return redirect("account_logout")

    def password_change(  # type: ignore[override]  # never a page of its own
        self, request: HttpRequest, extra_context: object = None
    ) -> HttpResponseBase:
        """Lead to the portal's own page."""
        del request, extra_context
        return redirect("account_change_password")


def _signed_in_again(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def fresh(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in SAFE_METHODS:
            reauthentication.raise_if_reauthentication_required(request, app="accounts")
        answer: HttpResponseBase = view(request, *args, **kwargs)
        return answer

    return fresh


class QuietAdmin(Admin):
    """Rows that are searched by what their page shows, and by nothing else."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse to filter by a column that is shown nowhere.

        Django allows every column of the own table: ``?password__startswith=…`` would tell a
        stored hash letter by letter.
        """
        shown = {"id", "pk", *map(str, self.fields or ()), *map(str, self.list_filter)}
        columns = {name.split(LOOKUP_SEP, 1)[0] for name in shown}
        is_shown = lookup.split(LOOKUP_SEP, 1)[0] in columns
        return is_shown and super().lookup_allowed(lookup, value, request)


class KeptAdmin(QuietAdmin):
    """Rows that nobody deletes here."""

    def has_delete_permission(self, _request: HttpRequest, _row: Model | None = None) -> bool:
        """Say no."""
        return False


class OrganisationAdmin(KeptAdmin):
    """Organisations."""

    list_display = ("name",)
    search_fields = ("name",)
    fields = ("name", "coordinated_by")


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter when it runs
    """A person, with roles to tick beside the first one."""

    further_roles = forms.MultipleChoiceField(
        choices=[(role.value, role.label) for role in Role if role != Role.OPERATOR],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("further roles"),
    )

    class Meta:
        model = User
        fields = ("email", "name", "organisation", "role", "further_roles")


class PersonAdmin(KeptAdmin):
    """People: invite, change role, disable, sign out, reset the second factor."""

    list_display = ("email", "name", "organisation", "role", "is_active", "has_second_factor")
    list_filter = ("role", "is_active", "organisation")
    search_fields = ("email", "name")
    fields = ("email", "name", "organisation", "role", "further_roles", "is_active", "language")
    form = PersonForm
    actions = ("invite", "sign_out", "reset_second_factor")

    @admin.display(boolean=True, description=gettext_lazy("second factor"))
    def has_second_factor(self, person: User) -> bool:
        """Tell whether a person has a second factor."""
        return bool(is_mfa_enabled(person))

    def get_readonly_fields(self, _request: HttpRequest, row: Model | None = None) -> list[str]:
        """Keep the address a person was invited at: it is what identifies them."""
        return ["email"] if row is not None else []

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: "forms.ModelForm[Model]",
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Save a person; a new one has no password and is invited at once."""
        if not isinstance(obj, User):
            raise TypeError
        if change:
            before = User.objects.get(pk=obj.pk)
            super().save_model(request, obj, form, change)
            person_changed(user=obj, before=before, by=signed_in(request))
            return
        obj.email = User.objects.normalize_email(obj.email)
        obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        person_created(user=obj, by=signed_in(request))
        self._invite(request, obj)

    @admin.action(description=gettext_lazy("Invite: send or show a link for a new password"))
    def invite(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Invite the chosen people, also those who have lost their password."""
        for person in people.filter(is_active=True):
            self._invite(request, person)

    @admin.action(description=gettext_lazy("Sign out everywhere"))
    def sign_out(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """End all sessions of the chosen people."""
        for person in people:
            sessions_end(user=person, by=signed_in(request))
        self.message_user(request, _("Signed out everywhere."))

    @admin.action(description=gettext_lazy("Take away the second factor (lost telephone)"))
    def reset_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Take away the second factor of the chosen people."""
        changed = second_factor_reset(people=people, by=signed_in(request))
        self.message_user(request, _("Second factors taken away: %(n)s.") % {"n": changed})

    def _invite(self, request: HttpRequest, person: User) -> None:
        link = invitation_send(user=person, by=signed_in(request))
        text = (
            _("The invitation is on its way by mail.")
            if link is None
            else _("Give %(email)s this link, shown once: %(link)s")
            % {"email": person.email, "link": link}
        )
        self.message_user(request, text, messages.SUCCESS)


class TokenAdmin(QuietAdmin):
    """API tokens: to see that they are there, and to revoke them by deleting the row."""

    list_display = ("name", "user", "created_at")
    list_filter = ("user__organisation",)
    fields = ("name", "user", "created_at")
    readonly_fields = ("name", "user", "created_at")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Say no: people make their own."""
        return False

    def has_change_permission(self, _request: HttpRequest, _row: Model | None = None) -> bool:
        """Say no."""
        return False

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Revoke a token."""
        if isinstance(obj, ApiToken):
            token_revoke(user=obj.user, token_id=obj.pk, by=signed_in(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        """Revoke the chosen tokens."""
        for token in queryset:
            self.delete_model(request, token)


site = OperatorSite(name="admin")
site.register(Organisation, OrganisationAdmin)
site.register(User, PersonAdmin)
site.register(ApiToken, TokenAdmin)
