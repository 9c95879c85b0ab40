"""A federation of doubles, and a relay as real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mpcengine.cast import Federation
from tests.mpcengine.conftest import federation
from tests.relay.relay_process import RelayProcess

__all__ = ["federation"]


@pytest.fixture
def relay(federation: Federation, tmp_path: Path) -> Iterator[RelayProcess]:
    made = RelayProcess(federation=federation, folder=tmp_path / "relay")
    made.prepare()
    yield made
    made.stop()
    made.leave()
