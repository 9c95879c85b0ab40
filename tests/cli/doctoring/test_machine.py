"""What the doctor sees on the machine: each check passes a good one and fails a bad one."""

import json
import socket
import stat
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.doctoring import machine
from cli.doctoring.keys import keys
from cli.installing.certificates import certificate_load
from cli.installing.keys import signing_key_make, wrapping_key_make
from tests.cli.doctoring.installation import Installation, verdicts


def test_it_fails_another_version_than_the_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verdicts(machine.versions(), "D01") == {"ok"}
    lock = tmp_path / "run.txt"
    lock.write_text("django==1.0 \\\nnot-installed==2.0\n", "utf-8")
    monkeypatch.setattr(machine, "LOCK", lock)
    (found,) = machine.versions()
    assert found.verdict == "FAIL"
    assert "django" in found.seen
    monkeypatch.setattr(machine, "PYTHON", (9, 9))
    assert verdicts(machine.versions(), "D01") == {"FAIL"}


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("identity.pem", 0o640),
        ("secret-key", 0o604),
        ("policy.json", 0o666),
        ("service.json", 0o620),
        (".", 0o750),
    ],
)
def test_it_fails_a_file_that_others_reach(
    name: str, mode: int, installed: Installation
) -> None:
    assert verdicts(machine.files(installed.service), "D02") == {"ok"}
    path = installed.folder / name
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(mode)
    assert verdicts(machine.files(installed.service), "D02") == {"FAIL"}
    path.chmod(before)
    assert verdicts(machine.files(installed.service), "D02") == {"ok"}


def test_it_fails_a_file_that_is_gone(installed: Installation) -> None:
    (installed.folder / "redis-password").unlink()
    (found,) = machine.files(installed.service)
    assert found.verdict == "FAIL"
    assert "redis_password_file" in found.seen


def _identity(one: Installation) -> None:
    signing_key_make(one.folder / "identity.pem")


def _garbage(one: Installation) -> None:
    (one.folder / "identity.pem").write_text("no key", "utf-8")


def _pin(one: Installation) -> None:
    one.entry("a", pin="sha256:" + "0" * 64)


def _wrapping(one: Installation) -> None:
    public = (one.folder / "wrapping.key.pub").read_text("utf-8")
    wrapping_key_make(one.folder / "wrapping.key")
    (one.folder / "wrapping.key.pub").write_text(public, "utf-8")


def _tls(one: Installation) -> None:
    other = (one.home / "b" / "tls-key.pem").read_text("utf-8")
    (one.folder / "tls-key.pem").write_text(other, "utf-8")


def _nodes(one: Installation) -> None:
    (one.folder / "nodes.json").unlink()


@pytest.mark.parametrize("spoil", [_identity, _garbage, _pin, _wrapping, _tls, _nodes])
def test_it_fails_keys_that_are_not_those_of_the_nodes_file(
    spoil: Callable[[Installation], None], installed: Installation
) -> None:
    assert verdicts(keys(installed.service), "D03") == {"ok"}
    spoil(installed)
    assert verdicts(keys(installed.service), "D03") == {"FAIL"}


def test_it_takes_the_next_pin_too(installed: Installation) -> None:
    pin = json.loads((installed.folder / "node-entry.json").read_text("utf-8"))["entry"]["pin"]
    installed.entry("a", pin="sha256:" + "0" * 64, next_pin=pin)
    assert verdicts(keys(installed.service), "D03") == {"ok"}


def test_it_tells_of_a_disk_that_fills_up(
    installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No disk here is filled: what is there is held to be too little."""
    for warns, fails, verdict in ((0.0, 0.0, "ok"), (1.1, 0.0, "warn"), (1.1, 1.1, "FAIL")):
        monkeypatch.setattr(machine, "DISK_WARN", warns)
        monkeypatch.setattr(machine, "DISK_FAIL", fails)
        assert verdicts(machine.disk(installed.service), "D10") == {verdict}


def test_it_tells_of_party_ports_that_are_taken(installed: Installation) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(2)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
            one.listen()
        first, second = (one.getsockname()[1] for one in sockets)
        installed.change("service.json", party_ports=f"{first}-{first}")
        assert verdicts(machine.party_ports(installed.service), "D14") == {"FAIL"}
        low = min(first, second)
        installed.change("service.json", party_ports=f"{low - 40}-{low}")
        assert verdicts(machine.party_ports(installed.service), "D14") == {"warn"}
    installed.change("service.json", party_ports=f"{first}-{first}")
    assert verdicts(machine.party_ports(installed.service), "D14") == {"ok"}


def test_it_tells_of_a_name_that_is_no_address_of_this_machine(
    installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_is_free", lambda _host, _port: False)
    (found,) = machine.party_ports(installed.service)
    assert found.verdict == "FAIL"
    assert "party_listen_host" in found.do


@pytest.mark.parametrize(
    ("members", "verdict"),
    [
        ({}, "ok"),
        ({"coordinators": []}, "warn"),
        ({"min_roster": 4}, "warn"),
        ({"extremes": True}, "warn"),
        ({"test": True}, "FAIL"),
        ({"min_count": {"person": 2}}, "FAIL"),
        ({"unknown": 1}, "FAIL"),
    ],
    ids=str,
)
def test_it_judges_the_policy(
    members: dict[str, Any], verdict: str, installed: Installation
) -> None:
    installed.change("policy.json", **members)
    assert verdicts(machine.policy(installed.service), "D16") == {verdict}


@pytest.mark.parametrize(
    ("text", "verdicts_"),
    [
        (None, {"ok"}),
        ('{"format": "drempel-partners/1", "partners": []}', {"ok"}),
        ('{"format": "drempel-partners/1"}', {"ok", "FAIL"}),
        ("rubbish", {"ok", "FAIL"}),
    ],
)
def test_it_looks_into_the_partners_file(
    text: str | None, verdicts_: set[str], installed: Installation
) -> None:
    path = installed.folder / "partners.json"
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(text, "utf-8")
    assert verdicts(machine.policy(installed.service), "D16") == verdicts_
    path.unlink(missing_ok=True)


@pytest.mark.parametrize(("days", "verdict"), [(20, "ok"), (13, "warn"), (-1, "FAIL")])
def test_it_tells_when_the_certificate_ends(
    days: int, verdict: str, installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            assert tz is UTC
            return ends - timedelta(days=days)

    ends = certificate_load(installed.folder / "tls-certificate.pem").not_valid_after_utc
    monkeypatch.setattr(machine, "datetime", Later)
    assert verdicts(machine.certificate(installed.service), "D17") == {verdict}


def test_it_fails_what_is_no_certificate(installed: Installation) -> None:
    (installed.folder / "tls-certificate.pem").write_text("none", "utf-8")
    assert verdicts(machine.certificate(installed.service), "D17") == {"FAIL"}
