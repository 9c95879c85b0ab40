"""What ``drempel install`` made is fitted to a container's places, again and again."""

import json
from pathlib import Path

import pytest

from deploy.evaluation import main as evaluation
from deploy.settle import main as settle

INSIDE = ("/run/secrets/", "/etc/drempel/", "/var/lib/drempel/")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert evaluation([str(tmp_path)]) == 0
    return tmp_path


def again(folder: Path) -> int:
    places = ("--secrets", str(folder / "secrets"), "--settings", str(folder / "settings"))
    return settle(["node-a", *places])


def test_it_names_the_places_inside_and_the_secrets_it_is_given(folder: Path) -> None:
    own = folder / "settings" / "node-a"
    service = json.loads((own / "service.json").read_text("utf-8"))
    paths = [value for key, value in service.items() if key.endswith("_file")]
    assert len(paths) > 10
    assert all(path.startswith(INSIDE) for path in paths)
    assert str(folder) not in (own / "service.json").read_text("utf-8")
    migrate = json.loads((own / "migrate.json").read_text("utf-8"))
    assert (migrate["database_user"], service["database_user"]) == (
        "drempel_packages_owner",
        "drempel_packages",
    )
    assert "tls_key_file" not in migrate


def test_it_gives_redis_a_hash_and_no_password(folder: Path) -> None:
    secrets = folder / "secrets" / "node-a"
    users = (secrets / "redis.acl").read_text("ascii")
    assert (secrets / "redis-password").read_text("ascii").strip() not in users
    assert "user health on nopass -@all +ping\n" in users


def test_it_keeps_the_operators_policy_and_takes_a_new_certificate(folder: Path) -> None:
    own, secrets = folder / "settings" / "node-a", folder / "secrets" / "node-a"
    (own / "policy.json").write_text("edited", "utf-8")
    password = (secrets / "database-admin-password").read_text("ascii")
    (secrets / "tls-certificate.pem").write_text("renewed", "ascii")
    assert again(folder) == 0
    assert (own / "policy.json").read_text("utf-8") == "edited"
    assert (own / "tls-certificate.pem").read_text("utf-8") == "renewed"
    assert (secrets / "database-admin-password").read_text("ascii") == password


def test_it_says_that_nothing_was_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert again(tmp_path) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
