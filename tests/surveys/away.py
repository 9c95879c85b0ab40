"""A mail server that is never there."""

from django.core.mail.backends.base import BaseEmailBackend


class AwayBackend(BaseEmailBackend):
    """Refuse to connect."""

    def open(self) -> bool:
        raise ConnectionRefusedError

    def send_messages(self, _messages: object) -> int:
        raise ConnectionRefusedError
