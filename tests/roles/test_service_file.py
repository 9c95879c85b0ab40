"""A process starts from a whole and sensible service file, or says in one sentence why not."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config import env
from tests.roles.service_files import (
    ROLES,
    environment,
    guarded,
    on_services,
    service_members,
)

READ: dict[str, Callable[[], env.Service]] = {
    "portal": env.portal_service,
    "relay": env.relay_service,
    "node": env.node_service,
}


def read(
    monkeypatch: pytest.MonkeyPatch, folder: Path, role: str, content: object
) -> env.Service:
    named = folder / "service.json"
    named.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    monkeypatch.setenv(env.VARIABLE, str(named))
    return READ[role]()


def refusal(monkeypatch: pytest.MonkeyPatch, folder: Path, role: str, content: object) -> str:
    with pytest.raises(env.BadConfiguration) as refused:
        read(monkeypatch, folder, role, content)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("role", ROLES)
def test_it_reads_a_whole_file(
    role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read(monkeypatch, tmp_path, role, service_members(role, tmp_path))
    assert found.role == role
    assert found.data_dir == tmp_path
    assert found.fault_dir is None


@pytest.mark.parametrize("role", ROLES)
def test_it_names_each_missing_key(
    role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = service_members(role, tmp_path)
    for key in whole.keys() - {"role"}:
        rest = {name: value for name, value in whole.items() if name != key}
        assert f'"{key}"' in refusal(monkeypatch, tmp_path, role, rest)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("build", [on_services, guarded])
def test_it_reads_a_file_that_names_services(
    role: str,
    build: Callable[[str, Path], dict[str, object]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = read(monkeypatch, tmp_path, role, build(role, tmp_path))
    assert found.is_on_services
    assert (found.database_port, found.redis_port, found.redis_number) == (5432, 6379, 0)


@pytest.mark.parametrize("role", ROLES)
def test_it_needs_the_lot_outside_the_embedded_layer(
    role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = guarded(role, tmp_path)
    needed = {"database_host", "database_name", "database_user", "redis_host", "hosts"}
    if role == "node":
        needed |= {"issuing_database_name", "issuing_database_user"}
    for key in needed:
        rest = {name: value for name, value in whole.items() if name != key}
        assert f'"{key}"' in refusal(monkeypatch, tmp_path, role, rest)
    odd = {"behind_proxy": False, "hosts": [], "fault_dir": str(tmp_path)}
    for key, value in odd.items():
        assert f'"{key}"' in refusal(monkeypatch, tmp_path, role, whole | {key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("database_name", "Packages"),
        ("database_user", 'packages"; --'),
        ("database_port", 0),
        ("database_ca_file", "/absent"),
        ("issuing_database_user", "packages"),
        ("issuing_database_name", "packages"),
        ("redis_number", 16),
        ("redis_user", "drempel"),
        ("redis_prefix", "a b"),
        ("hosts", "drempel.example"),
        ("hosts", ["*"]),
        ("hosts", [".drempel.example"]),
        ("hosts", ["a.example", "a.example"]),
        ("party_ports", "9001"),
        ("party_ports", "9016-9001"),
        ("party_ports", "0-9"),
        ("tls_key_file", "/absent"),
        ("behind_proxy", "yes"),
    ],
)
def test_it_refuses_an_odd_key_of_services(
    key: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = on_services("node", tmp_path) | {key: value}
    assert f'"{key}"' in refusal(monkeypatch, tmp_path, "node", members)


@pytest.mark.parametrize("url", ["https://Relay.example", "https://r.example:443", "http://r/"])
def test_it_refuses_an_address_of_another_form_than_browsers_give_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The booth of every survey would stop: it compares addresses letter by letter."""
    members = service_members("portal", tmp_path) | {"relay_url": url}
    assert '"relay_url"' in refusal(monkeypatch, tmp_path, "portal", members)


def test_it_refuses_a_key_without_the_one_it_belongs_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = service_members("portal", tmp_path)
    for key in ("database_port", "redis_number", "mail_port"):
        assert f'"{key}"' in refusal(monkeypatch, tmp_path, "portal", plain | {key: 5})


def test_it_ends_tls_in_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {}
    for key in ("tls_certificate_file", "tls_key_file"):
        files[key] = str(tmp_path / key)
        (tmp_path / key).touch(mode=0o600)
    own = guarded("relay", tmp_path) | files
    assert '"behind_proxy"' in refusal(monkeypatch, tmp_path, "relay", own)
    assert read(monkeypatch, tmp_path, "relay", own | {"behind_proxy": False}).tls_key_file


def test_it_reads_secrets_line_by_line(tmp_path: Path) -> None:
    file, first, second = tmp_path / "keys", "a" * 32, "b" * 32
    file.touch(0o600)
    file.write_text(f"{first}\n{second}\n", "utf-8")
    assert env.secret_lines(file) == (first, second)
    for wrong in (f"{first}\nshort", f"{first}\n{first}", f"{first}\n\n{second}"):
        file.write_text(wrong, "utf-8")
        with pytest.raises(env.BadConfiguration, match="keys must hold lines"):
            env.secret_lines(file)


def test_it_refuses_another_users_secret_outside_the_embedded_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = guarded("relay", tmp_path)
    read(monkeypatch, tmp_path, "relay", whole)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert "another user" in refusal(monkeypatch, tmp_path, "relay", whole)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("port", "8001"),
        ("port", 0),
        ("port", 65536),
        ("port", True),
        ("embedded", 1),
        ("embedded", False),
        ("data_dir", "relative"),
        ("data_dir", 7),
        ("party_host", ""),
        ("index", 1),
        ("node", "d"),
        ("colour", "red"),
        ("fault_dir", None),
    ],
)
def test_it_refuses_an_odd_value(
    key: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = service_members("node", tmp_path) | {key: value}
    assert f'"{key}"' in refusal(monkeypatch, tmp_path, "node", members)


def test_it_refuses_another_roles_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = service_members("node", tmp_path)
    assert '"role"' in refusal(monkeypatch, tmp_path, "portal", members)


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '{"role":"node","role":"node"}'])
def test_it_refuses_what_is_not_one_object(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal(monkeypatch, tmp_path, "node", content)


def test_it_asks_for_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(env.VARIABLE, raising=False)
    with pytest.raises(env.BadConfiguration, match=env.VARIABLE):
        env.portal_service()


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_it_takes_a_secret_that_its_owner_alone_can_read(mode: int, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s" * env.MIN_SECRET_CHARACTERS)
    secret.chmod(mode)
    assert env.secret_text(secret) == "s" * env.MIN_SECRET_CHARACTERS


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_it_refuses_a_secret_that_others_can_open(
    mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = service_members("node", tmp_path)
    Path(str(members["identity_key_file"])).chmod(mode)
    assert "identity.pem" in refusal(monkeypatch, tmp_path, "node", members)


def test_it_takes_a_wrapping_key_that_is_private_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "wrapping.key"
    members = service_members("node", tmp_path) | {"wrapping_key_file": str(key)}
    environ = environment("node", tmp_path, members)
    monkeypatch.setenv(env.VARIABLE, environ[env.VARIABLE])
    assert env.node_service().wrapping_key_file == key
    key.touch(mode=0o600)
    assert env.node_service().wrapping_key_file == key
    key.chmod(0o644)
    assert "wrapping.key" in refusal(monkeypatch, tmp_path, "node", members)


def test_it_refuses_a_link_in_place_of_a_secret(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s" * env.MIN_SECRET_CHARACTERS)
    secret.chmod(0o600)
    link = tmp_path / "link"
    link.symlink_to(secret)
    with pytest.raises(env.BadConfiguration, match="plain file"):
        env.require_private(link)


def test_it_refuses_a_secret_one_character_too_short(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s" * (env.MIN_SECRET_CHARACTERS - 1))
    secret.chmod(0o600)
    with pytest.raises(env.BadConfiguration) as refused:
        env.secret_text(secret)
    assert "sss" not in str(refused.value)
