"""Read the vector files that Python and the browser share."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "vectors"


def load(name: str) -> Any:
    """Return the content of one vector file."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def refused(code: str) -> Any:
    """Return a check that an error carries ``code``."""
    return lambda error: error.code == code


def names(cases: list[dict[str, Any]]) -> list[str]:
    """Return names for parametrised cases."""
    return [str(case.get("name", place)) for place, case in enumerate(cases)]
