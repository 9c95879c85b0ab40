"""One running topology for the fault tests: real PostgreSQL, real Redis, own users, TLS."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.embedded.templates import templates_ready
from cli.reachable import Live
from deploy.local import COORDINATOR, POSTGRESQL, Local, running

# Room for an empty cluster and some more; of the log, for a few hundred lines.
DATABASE_BYTES = 192 * 1024 * 1024
DATA_BYTES = 1024 * 1024
SMALL = "node-c"


def missing() -> str:
    """Return what this machine lacks for real services, or nothing."""
    if not (POSTGRESQL / "initdb").exists():
        return "PostgreSQL 15 is not installed (Debian: postgresql)."
    if shutil.which("redis-server") is None:
        return "Redis is not installed (Debian: redis-server)."
    return ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, unless CI runs them, what only root can do: small disks, other users."""
    if os.geteuid() == 0 or os.environ.get("CI") == "true":
        return
    left = [one for one in items if "full_disk" in one.name or "user_of_its_own" in one.name]
    items[:] = [one for one in items if one not in left]
    config.hook.pytest_deselected(items=left)


@contextmanager
def small_disks(folder: Path) -> Iterator[None]:
    """Give one node's database and one node's data a disk that can be filled."""
    mounts = {
        folder / "store" / f"{SMALL}-database": DATABASE_BYTES,
        folder / "data" / SMALL: DATA_BYTES,
    }
    mounted = []
    try:
        for path, size in mounts.items():
            path.mkdir(parents=True)
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", path],
                check=True,
            )
            mounted.append(path)
        yield
    finally:
        for path in mounted:
            subprocess.run(["umount", "--lazy", path], check=True)


@pytest.fixture(scope="session")
def local() -> Iterator[Local]:
    """The topology, running."""
    assert missing() == ""
    templates_ready()
    with running(small_disks if os.geteuid() == 0 else None) as found:
        yield found


@pytest.fixture(scope="session")
def token(local: Local) -> str:
    """An API token of the coordinator."""
    path = local.folder / "data" / "portal" / "api-token"
    local.manage(
        "portal",
        "coordinator_create",
        COORDINATOR,
        *("--organisation", "Sample coordinator", "--token-file", str(path)),
    )
    return path.read_text("utf-8").strip()


@pytest.fixture
def live(local: Local, token: str) -> Iterator[Live]:
    """The federation as its coordinator and respondents reach it; whole again afterwards."""
    yield local.live(token)
    local.processes.check()
