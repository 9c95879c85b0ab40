"""On a lent PostgreSQL and Redis a federation leaves nothing, however it ends."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from cli.embedded.federation import Options, running
from deploy.make_databases import entered
from tests import services
from tests.end_to_end.harness import drempel, sentence_of, started
from tests.storage import lent

pytestmark = pytest.mark.services
OURS = r"drempel\_%"


@pytest.fixture(scope="module", autouse=True)
def nobody_else() -> Iterator[None]:
    """Lend servers of this file's own: it counts names, and other workers make some too."""
    with services.private_pair() as path, pytest.MonkeyPatch.context() as patch:
        patch.setenv(services.VARIABLE, str(path))
        yield


def left() -> tuple[set[str], set[str], set[str]]:
    """Return every database, role and key there whose name begins as ours do."""
    found = lent()
    assert found is not None
    with entered(found.admin) as server:

        def names(query: str) -> set[str]:
            return {str(row[0]) for row in server.execute(query.encode(), (OURS,)).fetchall()}

        databases = names("SELECT datname FROM pg_database WHERE datname LIKE %s")
        roles = names("SELECT rolname FROM pg_roles WHERE rolname LIKE %s")
    with redis.Redis(host=found.redis_host, port=found.redis_port) as client:
        keys = {key.decode() for key in client.scan_iter(match="drempel_*", count=1000)}
    return databases, roles, keys


def without_templates(tmp_path: Path) -> Path:
    """Return a services file as a person writes it: every start migrates for itself."""
    value: dict[str, Any] = services.read()
    value["postgresql"].pop("templates", None)
    path = tmp_path / "services.json"
    path.write_text(json.dumps(value))
    return path


@pytest.mark.parametrize("after", [1.0, 1.4, 3.0, 9.0, 25.0])
def test_it_leaves_nothing_after_ctrl_c(tmp_path: Path, after: float) -> None:
    before = left()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = without_templates(tmp_path)
    arguments = ("serve", "--port", 0, "--services", path)
    with started(*arguments, scratch=scratch) as process:
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert left() == before
    assert not list(scratch.iterdir())


def test_a_kept_folder_keeps_its_databases(tmp_path: Path) -> None:
    before = left()
    folder = tmp_path / "data"
    with running(Options(folder=folder, services=lent())) as federation:
        first = federation.portal.get("surveys")
    databases, roles, keys = (now - then for now, then in zip(left(), before, strict=True))
    assert (len(databases), len(roles), keys) == (8, 16, set())
    try:
        with running(Options(folder=folder, services=lent())) as federation:
            assert federation.portal.get("surveys") == first
        done = drempel("serve", "--port", 0, "--data", folder, on_files=True)
        assert "PostgreSQL" in sentence_of(done)
    finally:
        found = lent()
        assert found is not None
        with entered(found.admin) as server:
            for name in databases:
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
            for name in roles:
                server.execute(f'DROP ROLE "{name}"'.encode())


def test_it_says_that_a_server_is_not_there(tmp_path: Path) -> None:
    for part in ("postgresql", "redis"):
        value = services.read()
        value[part]["port"] = services.free_port()
        path = tmp_path / f"{part}.json"
        path.write_text(json.dumps(value))
        done = drempel("serve", "--port", 0, "--services", path, on_files=True)
        assert done.returncode == 1
        assert {"postgresql": "PostgreSQL", "redis": "Redis"}[part] in sentence_of(done)
