"""Invite a person to the portal: mail the link, or print it once to be handed over."""

from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.invitations import invitation_send
from accounts.models import Role
from accounts.people import person_create


class Command(BaseCommand):
    """Invite a person, new or with a lost password."""

    help = "Invite a person; the link is mailed, or printed once where no mail is set up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--organisation", required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.COORDINATOR)

    def handle(self, *_args: object, **options: object) -> None:
        """Create the person if need be, and invite."""
        try:
            validate_email(str(options["email"]))
        except ValidationError:
            raise CommandError("That is no e-mail address.") from None
        user, is_new = person_create(
            email=str(options["email"]),
            name=str(options["name"]),
            organisation=str(options["organisation"]),
            role=Role(str(options["role"])),
        )
        is_same = (user.role, user.organisation.name) == (
            options["role"],
            options["organisation"],
        )
        if not is_new and not (is_same and user.is_active):
            raise CommandError(
                "This person is known in another role or organisation, or disabled."
            )
        link = invitation_send(user=user)
        self.stdout.write(link or "The invitation is on its way by mail.")
