"""The doctor and a real PostgreSQL and Redis: good ones, spoilt ones, and none."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep

import pytest

from cli.doctoring.finding import Finding
from cli.doctoring.standing import standing
from deploy.make_databases import Admin, CannotMakeError, databases_make, entered, wanted_of
from mpcengine.protocol.canonical import parse_json
from tests.cli.doctoring.installation import Installation, verdicts
from tests.services import postgresql, redis

pytestmark = pytest.mark.services
SECONDS = 120.0


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="drempel-doctor-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def look(one: Installation) -> list[Finding]:
    return list(standing(one.service, SECONDS))


def password(one: Installation, name: str) -> str:
    return (one.folder / name).read_text("utf-8").strip()


def databases(one: Installation, port: int) -> Admin:
    """Name a PostgreSQL in both service files and make the node's databases there."""
    for name in ("service.json", "migrate.json"):
        one.change(name, database_port=port)
    admin = Admin(host="127.0.0.1", port=port)
    given = [
        parse_json((one.folder / name).read_bytes(), file=True)
        for name in ("service.json", "migrate.json")
    ]
    deadline = monotonic() + SECONDS
    while True:
        try:
            databases_make(admin, wanted_of(*given))
        except CannotMakeError:
            # It listens before it lets anybody in.
            assert monotonic() < deadline
            sleep(0.1)
        else:
            return admin


def test_it_judges_postgresql(place: Path, installed: Installation) -> None:
    with ExitStack() as stack:
        found = stack.enter_context(postgresql(place / "postgresql"))
        admin = databases(installed, found["port"])
        installed.change("service.json", redis_port=1)
        told = look(installed)
        assert verdicts(told, "D06") == {"ok"}
        # Nobody has migrated yet, and no Redis is there.
        assert verdicts(told, "D05") == {"FAIL"}
        assert verdicts(told, "D07") == verdicts(told, "D08") == {"FAIL"}
        with entered(admin) as server:
            server.execute('ALTER ROLE "drempel_packages" CREATEDB')
        wrong = [one for one in look(installed) if one.number == "D06" and one.do]
        assert [one.verdict for one in wrong] == ["FAIL"]
        assert "may administer" in wrong[0].seen
    # The server is gone by now.
    assert verdicts(look(installed), "D06") == {"FAIL"}


def test_it_fails_a_postgresql_that_forgets(place: Path, installed: Installation) -> None:
    with postgresql(place / "postgresql", "-c", "fsync=off") as found:
        databases(installed, found["port"])
        wrong = [one for one in look(installed) if one.number == "D06"]
        assert {one.verdict for one in wrong} == {"FAIL"}
        assert all("fsync" in one.seen for one in wrong)


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        (("--maxmemory-policy", "noeviction"), {"ok"}),
        (("--maxmemory-policy", "allkeys-lru"), {"warn"}),
        (("--appendonly", "no"), {"warn"}),
    ],
)
def test_it_judges_redis(
    more: tuple[str, ...], verdict: set[str], place: Path, installed: Installation
) -> None:
    secret = password(installed, "redis-password")
    with redis(place / "redis", "--requirepass", secret, *more) as found:
        installed.change("service.json", redis_port=found["port"])
        told = look(installed)
    assert verdicts(told, "D07") == verdict
    assert verdicts(told, "D08") == {"ok"}
