"""What a service stands on, spoilt for real: settings, tables, databases, worker, slowness."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.doctoring.service import Service, service_read
from cli.doctoring.standing import ALIVE, standing, worker
from cli.embedded.house import SERVICES, house_build
from cli.embedded.templates import templates_ready
from tests.cli.doctoring.installation import verdicts

SECONDS = 120.0


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Return the service file of an embedded node with migrated databases."""
    ports = {service: 1024 + place for place, service in enumerate(SERVICES)}
    house = house_build(tmp_path / "house", ports, templates_ready())
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(house.numba_cache))
    return service_read(house.service_folder("node-a") / "service.json")


def _open(service: Service) -> None:
    (service.folder / "secret-key").chmod(0o644)


def _empty(service: Service) -> None:
    (service.folder / "packages.sqlite3").write_bytes(b"")


def _garbage(service: Service) -> None:
    (service.folder / "issuing.sqlite3").write_bytes(b"no database" * 1000)


@pytest.mark.parametrize(
    ("spoil", "number", "others"),
    [(_open, "D04", set()), (_empty, "D05", {"D08"}), (_garbage, "D06", {"D08"})],
)
def test_it_fails_what_does_not_hold(
    spoil: Callable[[Service], None], number: str, others: set[str], embedded: Service
) -> None:
    spoil(embedded)
    found = list(standing(embedded, SECONDS))
    assert "FAIL" in verdicts(found, number)
    assert {one: verdicts(found, one) for one in others} == {one: {"ok"} for one in others}


def test_it_is_content_with_a_good_one(embedded: Service) -> None:
    found = list(standing(embedded, SECONDS))
    assert {one.number for one in found} == {"D04", "D05", "D06", "D07", "D08"}
    assert {one.verdict for one in found} == {"ok"}


def test_it_does_not_wait_for_what_is_slow(embedded: Service) -> None:
    started = time.monotonic()
    (found,) = standing(embedded, 0.05)
    assert time.monotonic() - started < 5
    assert found.verdict == "FAIL"
    assert "No answer" in found.seen


def test_it_asks_when_a_worker_last_looked_for_work(embedded: Service) -> None:
    alive = embedded.folder / ALIVE
    assert verdicts(worker(embedded), "D09") == {"FAIL"}
    alive.touch()
    assert verdicts(worker(embedded), "D09") == {"ok"}
    old = time.time() - 200
    os.utime(alive, (old, old))
    assert verdicts(worker(embedded), "D09") == {"FAIL"}
