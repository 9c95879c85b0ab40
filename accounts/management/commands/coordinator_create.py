"""Create a coordinator; write a fresh API token, and a password, to private files."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand

from accounts.people import password_make, password_set
from accounts.services import coordinator_create, token_issue
from private_files import private_write


class Command(BaseCommand):
    """Create a coordinator with an API token."""

    help = "Create a coordinator and print a fresh API token, or write it to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--organisation", required=True)
        parser.add_argument("--token-file", type=Path, help="write the token here, mode 0600")
        parser.add_argument(
            "--password-file", type=Path, help="set a fresh password and write it here"
        )

    def handle(self, *_args: object, **options: object) -> None:
        """Create the person and hand out the secrets once."""
        user = coordinator_create(
            email=str(options["email"]),
            name=str(options["name"]),
            organisation=str(options["organisation"]),
        )
        secret = options["password_file"]
        if isinstance(secret, Path):
            password = password_make()
            private_write(secret, password)
            password_set(user=user, password=password)
        token = token_issue(user=user, name="coordinator_create")
        target = options["token_file"]
        if isinstance(target, Path):
            private_write(target, token)
        else:
            self.stdout.write(token)
