"""Three real nodes, shared by all tests of this room, and Anna's node alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.nodes.anna import Anna
from tests.nodes.harness import Nodes, three_nodes


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with three_nodes(tmp_path_factory.mktemp("nodes")) as found:
        yield found


@pytest.fixture(autouse=True)
def whole(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave the shared nodes as they were found: nothing armed, nobody dead."""
    yield
    if "nodes" in request.fixturenames:
        request.getfixturevalue("nodes").mend()


@pytest.fixture
def anna(tmp_path: Path, settings: Settings) -> Anna:
    settings.NODE_NAME = "a"
    settings.IDENTITY_KEY_FILE = str(tmp_path / "identity.pem")
    settings.WRAPPING_KEY_FILE = str(tmp_path / "wrapping.key")
    settings.POLICY_FILE = str(tmp_path / "policy.json")
    settings.NODES_FILE = str(tmp_path / "nodes.json")
    made = Anna(folder=tmp_path)
    made.write_files()
    return made
