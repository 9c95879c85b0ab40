"""Bring a person the link of an invitation: by mail where that is set up, else by hand."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.models import LANGUAGES, User
from accounts.people import invitation_make


def invitation_send(*, user: User, by: User | None = None) -> str | None:
    """Invite a person: mail the link and return None, or return it to be handed over.

    Where links are printed and mailed (embedded), both happen. The mail is in both languages
    unless the person has chosen one.
    """
    token = invitation_make(user=user, by=by)
    link = settings.PUBLIC_URL + reverse("invitation_open", args=[token])
    if settings.MAIL_IS_SENT:
        _mail(user, link)
    return link if settings.LINKS_ARE_PRINTED or not settings.MAIL_IS_SENT else None


def _mail(user: User, link: str) -> None:
    parts, subjects = [], []
    days = settings.INVITATION_LIFETIME.days
    context = {"person": user, "link": link, "days": days}
    for code in [user.language] if user.language else [code for code, _ in LANGUAGES]:
        with translation.override(code):
            parts.append(render_to_string("accounts/mail/invitation.txt", context).strip())
            subjects.append(render_to_string("accounts/mail/invitation_subject.txt").strip())
    text = "\n\n---\n\n".join(parts) + "\n"
    EmailMessage(" / ".join(subjects), text, settings.DEFAULT_FROM_EMAIL, [user.email]).send()
