"""Find the questionnaires that ship with the product, as files of our own format."""

import json
from functools import cache
from pathlib import Path

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.survey import parse_survey

FOLDER = Path(__file__).parent / "questionnaires"


@cache
def templates_list() -> tuple[tuple[str, dict[str, JSON]], ...]:
    """Return every shipped questionnaire with its name, in the order of names."""
    return tuple((path.stem, _read(path)) for path in sorted(FOLDER.glob("*.json")))


def template_read(name: str) -> dict[str, JSON] | None:
    """Return a shipped questionnaire in normal form, or None for an unknown name."""
    return dict(templates_list()).get(name)


def _read(path: Path) -> dict[str, JSON]:
    return parse_survey(json.loads(path.read_text("utf-8"))).to_json()
