"""A federation of doubles; the settings point at it for the length of a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.mpcengine.cast import Federation


@pytest.fixture
def federation(tmp_path: Path, settings: Settings) -> Iterator[Federation]:
    made = Federation(tmp_path)
    made.write_files()
    settings.NODES_FILE = str(tmp_path / "nodes.json")
    settings.RELAY_URL = made.relay.url
    settings.RELAY_TOKEN_FILE = str(tmp_path / "token")
    settings.PORTAL_TOKEN_FILE = str(tmp_path / "token")
    settings.RELAY_SIGNING_KEY_FILE = str(tmp_path / "relay.pem")
    settings.RELAY_DRAIN_SECONDS = 5
    yield made
    made.stop()
