"""Hand the bytes of a body on unread: packages, and messages that were signed as bytes."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from problems import TooLarge


class OctetsParser(BaseParser):
    """Return a body of bytes, no longer than MAX_BODY_BYTES."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: IO[Any],
        _media_type: str | None = None,
        _parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes; raise TooLarge if there are too many."""
        body: bytes = stream.read(settings.MAX_BODY_BYTES + 1)
        if len(body) > settings.MAX_BODY_BYTES:
            raise TooLarge("body.length", "The body is too long.")
        return body


class RawJSONParser(OctetsParser):
    """Return a JSON body as the bytes that its sender signed."""

    media_type = "application/json"
