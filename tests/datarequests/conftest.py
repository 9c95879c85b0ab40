"""Three real nodes that know this portal's coordinator."""

import pytest
from pytest_django import Settings

from tests.datarequests.steps import Council
from tests.nodes.conftest import nodes
from tests.nodes.harness import Nodes

__all__ = ["nodes"]


@pytest.fixture
def council(nodes: Nodes, settings: Settings) -> Council:
    """Return everybody, at a portal whose nodes file names the nodes."""
    settings.NODES_FILE = str(nodes.house.folder / "nodes.json")
    return Council(key=nodes.house.coordinator)
