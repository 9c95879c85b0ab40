"""An events file of this test's own, and what stands in it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Events = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def events_file(tmp_path: Path, settings: Any) -> Path:
    path = tmp_path / "events.jsonl"
    settings.EVENTS_FILE = str(path)
    return path


@pytest.fixture
def events(events_file: Path) -> Events:
    """Return what reads every event written so far."""

    def read() -> list[dict[str, Any]]:
        if not events_file.exists():
            return []
        return [json.loads(line) for line in events_file.read_text("utf-8").splitlines()]

    return read
