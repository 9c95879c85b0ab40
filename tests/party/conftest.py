from collections.abc import Iterator

import pytest

from tests.party.harness import Trio


@pytest.fixture
def trio() -> Iterator[Trio]:
    trio = Trio.make()
    yield trio
    trio.close()
