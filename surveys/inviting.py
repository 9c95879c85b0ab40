"""Send invitations and reminders; no address and no code is kept.

Codes exist in memory while messages are made. A mail server carries them on: whoever does not
want that prints letters.
"""

import logging
from collections.abc import Sequence
from smtplib import SMTPException

from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from problems import Unavailable
from surveys.letters import Occasion, mail_of
from surveys.models import Survey
from surveys.services import invitations_create

LOG = logging.getLogger(__name__)


def invitations_mail(*, survey: Survey, occasion: Occasion, addresses: Sequence[str]) -> int:
    """Make a code for each address and send it; return how many were handed to the server.

    Raises Conflict and MalformedInput as ``invitations_create``, Unavailable where no mail
    could be sent at all: then no code was made.
    """
    with transaction.atomic():
        codes = invitations_create(survey=survey, count=len(addresses))
        messages = [
            _message(occasion, address, code)
            for address, code in zip(addresses, codes, strict=True)
        ]
        return _send(messages)


def reminders_mail(*, occasion: Occasion, addresses: Sequence[str]) -> int:
    """Remind everybody in the same words; return how many were handed to the server."""
    return _send([_message(occasion, address, None) for address in addresses])


def _message(occasion: Occasion, address: str, code: str | None) -> EmailMessage:
    subject, text = mail_of(occasion, code)
    return EmailMessage(subject=subject, body=text, to=[address])


def _send(messages: Sequence[EmailMessage]) -> int:
    """Send over one connection; one address that is refused does not stop the others."""
    sent = 0
    try:
        with get_connection() as connection:
            for message in messages:
                message.connection = connection
                sent += _sent(message)
    except (OSError, SMTPException):
        LOG.warning("the mail server cannot be reached")
    if messages and not sent:
        raise Unavailable("mail.unsent", "No message could be sent; try again later.")
    return sent


def _sent(message: EmailMessage) -> int:
    try:
        return int(message.send())
    except SMTPException:
        return 0
