"""Create a coordinator and write a fresh API token to a file that only its owner may read."""

import os
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand

from accounts.services import coordinator_create, token_issue

OWNER_ONLY = 0o600


class Command(BaseCommand):
    """Create a coordinator with an API token."""

    help = "Create a coordinator and print a fresh API token, or write it to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--organisation", required=True)
        parser.add_argument("--token-file", type=Path, help="write the token here, mode 0600")

    def handle(self, *_args: object, **options: object) -> None:
        """Create the person and hand out the token once."""
        user = coordinator_create(
            email=str(options["email"]),
            name=str(options["name"]),
            organisation=str(options["organisation"]),
        )
        token = token_issue(user=user, name="coordinator_create")
        target = options["token_file"]
        if isinstance(target, Path):
            with os.fdopen(
                os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "w"
            ) as file:
                file.write(token)
        else:
            self.stdout.write(token)
