"""Create a coordinator and write a fresh API token to a file that only its owner may read."""

import os
import secrets
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
            _write(target, token)
        else:
            self.stdout.write(token)


def _write(target: Path, token: str) -> None:
    """Let the token file appear whole, or leave what was there: the token is shown once."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(token)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
