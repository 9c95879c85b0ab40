"""The house and its supervisor: private files, processes that come back, none that stay."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cli.embedded import supervisor as module
from cli.embedded.house import SERVICES, House, house_build, house_open
from cli.embedded.ports import is_free, listen, port_of
from cli.embedded.services import (
    Program,
    base_environment,
    manage_program,
    web_program,
    worker_program,
)
from cli.embedded.supervisor import Supervisor
from cli.errors import BadInput, CliError
from mpcengine.protocol.canonical import parse_json
from mpcengine.protocol.policy import parse_policy
from mpcengine.protocol.signing import p256_from_scalar, point_bytes, public_bytes

PORTS = {service: 20_000 + place for place, service in enumerate(SERVICES)}
SECRETS = ("secret-key", "second-factor-key", "relay-token", "identity.pem", "signing.pem")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return house_build(tmp_path / "house", PORTS, None)


def test_everything_in_the_house_is_its_owners_alone(house: House) -> None:
    for path in (house.folder, *house.folder.rglob("*")):
        assert not path.stat().st_mode & 0o077, path


def test_the_policies_know_the_coordinator_and_the_products_floors(house: House) -> None:
    for node in ("node-a", "node-b", "node-c"):
        path = house.service_folder(node) / "policy.json"
        policy = parse_policy(parse_json(path.read_bytes()))
        assert policy.floors == {"person": 5, "organisation": 3}
        assert policy.coordinators == (public_bytes(house.coordinator),)
        assert not policy.test


def test_every_node_has_a_wrapping_key_whose_public_half_lies_beside_it(house: House) -> None:
    publics = set()
    for node in ("node-a", "node-b", "node-c"):
        folder = house.service_folder(node)
        members = json.loads((folder / "service.json").read_text("utf-8"))
        private = Path(members["wrapping_key_file"])
        key = p256_from_scalar(bytes.fromhex(private.read_text("ascii")))
        public = (folder / "wrapping.key.pub").read_text("ascii")
        assert point_bytes(key).hex() == public
        publics.add(public)
    assert len(publics) == 3


def test_a_test_house_says_that_it_is_one(tmp_path: Path) -> None:
    found = house_build(tmp_path / "house", PORTS, None, is_test=True, has_faults=True)
    path = found.service_folder("node-b") / "policy.json"
    policy = parse_policy(parse_json(path.read_bytes()))
    assert policy.test
    assert policy.floors == {"person": 1, "organisation": 1}
    members = json.loads((found.service_folder("node-b") / "service.json").read_text("utf-8"))
    assert members["fault_dir"] == str(found.fault_folder("node-b"))


def test_a_house_that_is_there_is_taken_as_it_is(house: House) -> None:
    assert house_open(house.folder) == PORTS
    again = house_build(house.folder, PORTS, None)
    assert public_bytes(again.coordinator) == public_bytes(house.coordinator)
    assert again.nodes == house.nodes


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", "utf-8")
    with pytest.raises(BadInput):
        house_open(tmp_path)
    assert house_open(tmp_path / "new") is None


def test_no_secret_stands_in_arguments_or_environment(house: House) -> None:
    secrets = {
        path.read_text("utf-8").strip()
        for path in house.folder.rglob("*")
        if path.name in SECRETS
    }
    assert len(secrets) == 12
    programs: list[Program] = []
    for service in SERVICES:
        programs += [web_program(house, service, 3), worker_program(house, service)]
        programs.append(manage_program(house, service, "migrate"))
    for program in programs:
        texts = (*program.arguments, *program.environment.values())
        assert not any(secret in text for secret in secrets for text in texts)


def test_a_service_does_not_get_the_callers_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_PASSWORD", "hunter2")
    assert "MY_PASSWORD" not in base_environment(tmp_path)


def test_a_port_that_is_taken_is_said_so() -> None:
    with listen(0) as held:
        port = port_of(held)
        assert not is_free(port)
        with pytest.raises(CliError) as error:
            listen(port)
    assert (
        error.value.sentence == f"Port {port} is taken by another program; choose another one."
    )
    assert is_free(port)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    found = Supervisor()
    yield found
    found.stop()


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Program]:
    def make(code: str) -> Program:
        return Program(
            name="sleeper",
            arguments=(sys.executable, "-I", "-S", "-c", code),
            environment=base_environment(tmp_path),
            output=tmp_path / "out",
            sockets=(),
        )

    return make


def _wait(until: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.02)


SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print(child.pid, flush=True); time.sleep(600)"
)


def test_a_service_that_dies_comes_back(
    supervisor: Supervisor, program: Callable[[str], Program]
) -> None:
    supervisor.start(program(SLEEP))
    first = supervisor.pids()["sleeper"]
    os.kill(first, signal.SIGKILL)
    _wait(lambda: supervisor.pids()["sleeper"] != first)
    assert psutil.pid_exists(supervisor.pids()["sleeper"])
    supervisor.check()


def test_a_service_that_keeps_dying_is_given_up_with_its_last_words(
    supervisor: Supervisor, program: Callable[[str], Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    supervisor.start(program("print('No key.'); raise SystemExit(1)"))
    _wait(lambda: supervisor.failed)
    with pytest.raises(CliError) as error:
        supervisor.check()
    assert error.value.sentence == (
        "The process 'sleeper' keeps ending; its last words were: No key."
    )


def test_stopping_leaves_neither_the_deaf_nor_their_children(
    supervisor: Supervisor,
    program: Callable[[str], Program],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.3)
    supervisor.start(program(STUBBORN))
    _wait(lambda: (tmp_path / "out").exists() and (tmp_path / "out").read_text("utf-8"))
    child = psutil.Process(int((tmp_path / "out").read_text("utf-8")))
    pid = supervisor.pids()["sleeper"]
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 3
    assert not psutil.pid_exists(pid)
    _wait(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    with pytest.raises(CliError):
        supervisor.start(program(SLEEP))


def test_a_step_that_fails_is_named(
    supervisor: Supervisor, program: Callable[[str], Program]
) -> None:
    supervisor.run(program("pass"), 20)
    with pytest.raises(CliError) as error:
        supervisor.run(program("raise SystemExit('Wrong key.')"), 20)
    assert "its last words were: Wrong key" in error.value.sentence
    with pytest.raises(CliError):
        supervisor.run(program(SLEEP), 0.2)
    assert supervisor.pids() == {}
