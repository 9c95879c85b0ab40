"""Three real nodes, shared by the tests of one module."""

from collections.abc import Iterator

import pytest

from tests.nodes.harness import Nodes, three_nodes


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with three_nodes(tmp_path_factory.mktemp("nodes")) as found:
        yield found
