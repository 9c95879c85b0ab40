"""A service says whether it is ready and what time it is, and lives without what it needs."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from pytest_django import Settings
from rest_framework.test import APIClient

import health
from clocks import is_far, seconds_apart
from liveness import FILE, alive_note
from mpcengine import views as portal_views
from security_events.build import build_digest

PATH, LIVE = "/api/v1/health", "/api/v1/health/live"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def forgotten() -> None:
    health._broker.clear()


@pytest.mark.django_db
def test_it_tells_clock_code_and_broker_and_nothing_else() -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    told = APIClient().get(PATH).json()
    assert set(told) == {"status", "clock", "code", "broker"}
    assert (told["status"], told["broker"], told["code"]) == ("ok", "ok", build_digest())
    apart = seconds_apart(told["clock"], before, datetime.now(UTC))
    assert apart == 0


@pytest.mark.django_db
def test_a_broker_that_is_away_is_told_and_not_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def away() -> None:
        asked.append(1)
        raise OSError

    monkeypatch.setattr("health.current_app.connection_for_read", away)
    for _ in range(3):
        answer = APIClient().get(PATH)
        assert (answer.status_code, answer.json()["broker"]) == (200, "away")
    assert len(asked) == 1


def test_without_its_database_it_is_not_ready_and_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away() -> None:
        raise OperationalError("host=db.secret.example")

    monkeypatch.setattr(portal_views, "nodes_listed", away)
    answer = APIClient().get(PATH)
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert int(answer["Retry-After"]) > 0
    assert b"secret" not in answer.content
    assert APIClient().get(LIVE).json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("told", "apart"),
    [
        ("2026-03-01T12:00:00Z", 0.0),
        ("2026-03-01T12:00:03.500Z", 0.0),
        ("2026-03-01T12:00:10Z", 6.0),
        ("2026-03-01T11:59:50+00:00", -10.0),
        ("2026-03-01T13:00:00+01:00", 0.0),
        ("2026-03-01T12:00:00", None),
        ("yesterday", None),
        (12, None),
    ],
)
def test_it_compares_clocks_fairly(told: object, apart: float | None) -> None:
    found = seconds_apart(told, NOON, NOON + timedelta(seconds=4))
    assert found == apart
    assert is_far(found) is (apart is not None and abs(apart) > 5)


def alive(folder: Path, *arguments: str, role: str = "node") -> tuple[int, str]:
    named = folder / "service.json"
    named.write_text(json.dumps({"role": role, "data_dir": str(folder)}))
    done = subprocess.run(
        [sys.executable, "-m", "config.alive", *arguments],
        env={"PATH": os.environ["PATH"], "DREMPEL_CONFIG": str(named)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stdout


def test_a_worker_that_looks_for_work_is_alive(tmp_path: Path, settings: Settings) -> None:
    assert alive(tmp_path) == (1, "No worker has started here.\n")
    settings.DATA_DIR = str(tmp_path)
    alive_note()
    code, said = alive(tmp_path)
    assert code == 0
    assert said.startswith("The worker looked for work ")
    long_ago = time.time() - 200
    os.utime(tmp_path / FILE, (long_ago, long_ago))
    assert alive(tmp_path)[0] == 1
    assert alive(tmp_path, role="relay")[0] == 0
    assert alive(tmp_path, "250")[0] == 0


def test_a_note_that_cannot_be_written_disturbs_nobody(
    tmp_path: Path, settings: Settings
) -> None:
    settings.DATA_DIR = str(tmp_path / "absent")
    alive_note()
    settings.DATA_DIR = ""
    alive_note()
    assert not Path(FILE).exists()
