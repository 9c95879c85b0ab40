"""Running federations, one a module where tests can share it."""

from collections.abc import Iterator

import pytest

from cli.embedded.federation import Federation, Options, running
from cli.embedded.templates import templates_ready
from tests.storage import lent


@pytest.fixture(scope="session", autouse=True)
def templates() -> None:
    """Make the templates once, so that no test's time includes it."""
    templates_ready()


@pytest.fixture(scope="module")
def federation() -> Iterator[Federation]:
    """A federation as people run it."""
    with running(Options(services=lent())) as found:
        yield found


@pytest.fixture(scope="module")
def lenient() -> Iterator[Federation]:
    """A federation whose nodes allow min_count 1, with kill points."""
    with running(Options(services=lent(), is_test=True, has_faults=True)) as found:
        yield found
