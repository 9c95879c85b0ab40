"""An events file of this test's own, and what stands in it."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from mpcengine import leases
from security_events import emitting
from tests.mpcengine.conftest import federation
from tests.nodes.conftest import anna
from tests.surveys.conftest import carol, sign_in

__all__ = ["anna", "carol", "federation", "sign_in"]

Events = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def events_file(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name an events file in a folder of its own, with nothing told or counted yet."""
    (tmp_path / "events").mkdir()
    path = tmp_path / "events" / "events.jsonl"
    settings.EVENTS_FILE = str(path)
    monkeypatch.setattr(emitting, "_rarely", {})
    # A process counts by primary key, and the next test's first job has this one's.
    monkeypatch.setattr(leases, "_taken_over", Counter())
    emitting._begin_anew()
    return path


@pytest.fixture
def events(events_file: Path) -> Events:
    """Return what reads the events written so far, all or those of some codes."""

    def read(*codes: str) -> list[dict[str, Any]]:
        lines = events_file.read_text("utf-8").splitlines() if events_file.exists() else []
        told = [json.loads(line) for line in lines]
        return [one for one in told if not codes or one["event.code"] in codes]

    return read


@pytest.fixture
def no_room(events_file: Path) -> Path:
    """Put something in the place of the events file that cannot be written."""
    events_file.mkdir()
    return events_file
