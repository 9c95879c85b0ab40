"""Three real nodes, shared by all tests of this room."""

from collections.abc import Iterator

import pytest

from tests.nodes.harness import Nodes, three_nodes


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with three_nodes(tmp_path_factory.mktemp("nodes")) as found:
        yield found
