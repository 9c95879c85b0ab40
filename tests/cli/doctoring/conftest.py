"""An installed federation of three nodes, nothing of it running."""

from pathlib import Path

import pytest

from tests.cli.doctoring.installation import Installation, installation


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    """Three nodes on ports where nobody listens."""
    return installation(tmp_path, {"a": 1, "b": 2, "c": 3})
