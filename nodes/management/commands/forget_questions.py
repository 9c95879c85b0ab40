"""Forget the lists a requester has asked with, where three operators agree to."""

import binascii
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nodes.services.difference_sets import requester_forget

_KEY_BYTES = 32


class Command(BaseCommand):
    """``forget_questions KEY``: erase this node's shares of a requester's earlier lists.

    After one node lost what it kept, no new question of that requester can be compared, and
    every one ends withheld (docs/protocol.md §19.15). When all three operators have forgotten
    her earlier questions she may ask again, also what is near one of them.
    """

    help = "forget the lists a requester has asked with (of use at all three nodes only)"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the requester's key."""
        parser.add_argument("key", help="the requester's key, 64 hexadecimal digits")

    def handle(self, *_: Any, key: str, **__: Any) -> None:
        """Erase, and say how many there were; raise CommandError for what is no key."""
        try:
            requester = binascii.unhexlify(key)
        except (binascii.Error, ValueError):
            requester = b""
        if len(requester) != _KEY_BYTES:
            raise CommandError("Give the requester's key as 64 hexadecimal digits.")
        self.stdout.write(f"{requester_forget(requester)} lists forgotten")
