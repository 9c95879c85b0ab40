"""Read every JSON body strictly: one value for each key, and no depth that stops its reader."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.errors import MalformedMessage

# The deepest format, a survey's definition, has fewer levels.
DEEPEST = 40


class StrictJSONParser(BaseParser):
    """Return a JSON body as docs/protocol.md §2 reads it."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        _media_type: str | None = None,
        _parser_context: Mapping[str, Any] | None = None,
    ) -> JSON:
        """Return the value; raise MalformedMessage, also where it is nested too deeply.

        How long a body may be is the middleware's matter (``config.middleware.BodyLimit``).
        """
        value = parse_json(stream.read())
        _check_depth(value)
        return value


def _check_depth(value: JSON) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise MalformedMessage("json.syntax", "The JSON is nested too deeply.")


def _inside(outer: JSON) -> list[JSON]:
    values = outer.values() if isinstance(outer, dict) else outer
    return [inner for inner in values if isinstance(inner, dict | list)]
