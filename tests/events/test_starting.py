"""A process says which code it runs, and whether its configuration was changed."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.roles.service_files import ROOT, environment, service_members

WEB = "import config.wsgi"
WORKER = "import config.celery as c; from celery.signals import worker_init as w; w.send(c.app)"


def start(environ: dict[str, str], program: str) -> None:
    subprocess.run(
        [sys.executable, "-c", program], env=environ, cwd=ROOT, check=True, timeout=60
    )


def told(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "events.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def changed(folder: Path) -> list[tuple[str, bool]]:
    return [
        (one["drempel.file"], "drempel.hash_before" in one)
        for one in told(folder)
        if one["event.code"] == "config.changed"
    ]


@pytest.mark.parametrize("role", ["portal", "relay", "node"])
def test_it_tells_what_started_and_what_was_changed_since(role: str, tmp_path: Path) -> None:
    environ = environment(role, tmp_path, service_members(role, tmp_path))
    start(environ, WEB)
    start(environ, WORKER)
    started = [one for one in told(tmp_path) if one["event.code"] == "build.started"]
    assert [one["process.name"] for one in started] == ["web", "worker"]
    assert {one["service.name"] for one in started} == {f"drempel-{role}"}
    assert started[0]["service.node.name"] == ("b" if role == "node" else role)
    assert started[0]["drempel.build"] == started[1]["drempel.build"]
    assert started[0]["service.version"]
    first = [("service", False), *([("policy", False)] if role == "node" else [])]
    assert changed(tmp_path) == [*first, ("nodes", False)]
    (tmp_path / "nodes.json").write_text('{"changed": 1}')
    start(environ, WORKER)
    assert changed(tmp_path)[len(first) + 1 :] == [("nodes", True)]
    last = told(tmp_path)[-1]
    now = hashlib.sha256((tmp_path / "nodes.json").read_bytes()).hexdigest()
    assert last["drempel.hash_after"] == f"sha256:{now}"
    assert last["drempel.hash_before"] == f"sha256:{hashlib.sha256(b'{}').hexdigest()}"


def test_a_broken_state_is_as_none(tmp_path: Path) -> None:
    environ = environment("relay", tmp_path, service_members("relay", tmp_path))
    (tmp_path / "events.state").write_text('{"service": "rosa", "nodes": 3, "x": []')
    start(environ, WEB)
    (tmp_path / "events.state").write_text('{"service": "rosa", "nodes": 3}')
    start(environ, WEB)
    assert changed(tmp_path) == [("service", False), ("nodes", False)] * 2
    assert "rosa" not in (tmp_path / "events.jsonl").read_text("utf-8")
