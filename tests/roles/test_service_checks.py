"""Each check of services is silent on a sound configuration and speaks on its one danger."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import CheckMessage
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker, Settings

from config import checks_services as checks
from deploy.databases import Database, drop_statements
from deploy.make_databases import Admin, Wanted, databases_make, entered, run
from tests import services

LRU = ("--maxmemory-policy", "allkeys-lru")
# With it the user ``default`` stays as it is: without a password.
OWN_USER = ("--user", "drempel", "on", ">opensesame", "~*", "&*", "+@all")
BOTH = ("default", "issuing")


def ids(found: list[CheckMessage]) -> list[str | None]:
    return [one.id for one in found]


@pytest.fixture
def outside(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A sound configuration outside the embedded layer, and a bare environment."""
    for name in list(os.environ):
        if checks._is_secret(name, os.environ[name], ()):
            monkeypatch.delenv(name)
    settings.EMBEDDED = False
    settings.ROLE = "node"
    settings.SECRET_FILES = ()
    settings.CELERY_BROKER_URL = "redis://redis.example:6379/0"
    settings.BEHIND_PROXY = True
    settings.ALLOWED_HOSTS = ["node-a.example"]
    apart = {
        alias: {"ENGINE": checks.POSTGRESQL, "NAME": alias, "USER": alias} for alias in BOTH
    }
    monkeypatch.setattr(django_settings, "DATABASES", apart)
    return settings


@pytest.mark.usefixtures("outside")
def test_it_says_nothing_of_a_sound_configuration() -> None:
    for check in (
        checks.check_environment,
        checks.check_secret_owners,
        checks.check_served,
        checks.check_issuing_role,
    ):
        assert check(None) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGPASSWORD", "x"),
        ("DJANGO_SECRET_KEY", "x"),
        ("REDIS_URL", "redis://:hidden@redis.example/0"),
        ("HARMLESS", "before the secret of this service after"),
    ],
    # pytest tells a test's name in the environment
    ids=["name", "part of a name", "url", "value"],
)
def test_it_refuses_a_secret_in_the_environment(
    outside: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret of this service")
    outside.SECRET_FILES = (str(secret),)
    monkeypatch.setenv(name, value)
    found = checks.check_environment(None)
    assert ids(found) == ["drempel.E009"]
    assert value not in found[0].msg or value == "x"
    outside.EMBEDDED = True
    assert checks.check_environment(None) == []


@pytest.mark.parametrize("name", ["PGPASSFILE", "CREDENTIALS_DIRECTORY", "TOKEN_FILE"])
@pytest.mark.usefixtures("outside")
def test_it_takes_a_name_of_a_place(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "somewhere")
    assert checks.check_environment(None) == []


def test_it_wants_secrets_of_the_services_own_user(
    outside: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0o400)
    outside.SECRET_FILES = (str(secret),)
    assert checks.check_secret_owners(None) == []
    secret.chmod(0o700)
    assert ids(checks.check_secret_owners(None)) == ["drempel.E010"]
    secret.chmod(0o400)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert ids(checks.check_secret_owners(None)) == ["drempel.E010"]


@pytest.mark.parametrize(
    ("setting", "value", "number"),
    [
        (
            "DATABASES",
            {"default": {"ENGINE": "django.db.backends.sqlite3"}},
            "drempel.E011",
        ),
        ("CELERY_BROKER_URL", "filesystem://", "drempel.E012"),
        ("BEHIND_PROXY", False, "drempel.E013"),
        ("ALLOWED_HOSTS", [], "drempel.E014"),
        ("ALLOWED_HOSTS", ["*"], "drempel.E014"),
        ("ALLOWED_HOSTS", [".example"], "drempel.E014"),
    ],
)
def test_it_wants_services_tls_and_hosts(
    outside: Settings,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    value: object,
    number: str,
) -> None:
    # Undone while ``outside`` still holds: later, it would be written into the real settings.
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(django_settings, setting, value)
        assert ids(checks.check_served(None)) == [number]
        outside.EMBEDDED = True
        assert checks.check_served(None) == []


def test_it_keeps_the_roles_of_a_node_apart(
    outside: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = {"ENGINE": checks.POSTGRESQL, "USER": "node"}
    monkeypatch.setattr(django_settings, "DATABASES", {"default": one, "issuing": one})
    assert ids(checks.check_issuing_role(None)) == ["drempel.E015"]
    outside.ROLE = "relay"
    assert checks.check_issuing_role(None) == []


@pytest.fixture
def made(
    outside: Settings,  # noqa: ARG001  # asked for its effect
    monkeypatch: pytest.MonkeyPatch,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Wanted]:
    """A real database under the service's role, which the checks see as ``default``."""
    server = services.read()["postgresql"]
    admin = Admin(host=server["host"], port=server["port"], user=server["user"])
    mark = f"t_{secrets.token_hex(4)}"
    database = Database(name=mark, owner=f"{mark}_owner", service=mark)
    wanted = Wanted(database=database, owner_password=None, service_password=None)
    databases_make(admin, [wanted])
    own = ConnectionHandler(
        {
            "default": {
                "ENGINE": checks.POSTGRESQL,
                "HOST": admin.host,
                "PORT": str(admin.port),
                "NAME": mark,
                "USER": mark,
            }
        }
    )
    monkeypatch.setattr(checks, "connections", own)
    with django_db_blocker.unblock():
        yield wanted
    own["default"].close()
    with entered(admin) as other:
        run(other, drop_statements(database))


def handler() -> ConnectionHandler:
    found: ConnectionHandler = vars(checks)["connections"]
    return found


def alter(wanted: Wanted, *statements: str) -> None:
    server = services.read()["postgresql"]
    admin = Admin(host=server["host"], port=server["port"], user=server["user"])
    with entered(admin, wanted.database.name) as inside:
        run(inside, statements)
    handler()["default"].close()


@pytest.mark.services
def test_it_asks_a_server_whether_it_is_quiet(
    made: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tests run without fsync, with the default prefix, which names nobody.
    fast = {"fsync", "full_page_writes"}
    quiet = {key: fine for key, fine in checks.QUIET.items() if key not in fast}
    monkeypatch.setattr(checks, "QUIET", quiet)
    assert checks.check_quiet_server(None, databases=["default"]) == []
    assert checks.check_quiet_server(None) == []
    name = made.database.name
    for key, loud in (
        ("log_statement", "mod"),
        ("log_min_error_statement", "error"),
        ("log_error_verbosity", "default"),
        ("synchronous_commit", "off"),
    ):
        alter(made, f"ALTER DATABASE {name} SET {key} = '{loud}'")
        found = checks.check_quiet_server(None, databases=["default"])
        assert ids(found) == ["drempel.E016"]
        assert key in found[0].msg
        alter(made, f"ALTER DATABASE {name} RESET {key}")
        made_again(made)


def made_again(made: Wanted) -> None:
    server = services.read()["postgresql"]
    databases_make(Admin(host=server["host"], port=server["port"], user=server["user"]), [made])
    handler()["default"].close()


@pytest.mark.services
@pytest.mark.parametrize(
    "statement",
    [
        'ALTER ROLE "{0}" CREATEDB',
        'GRANT CREATE ON SCHEMA public TO "{0}"',
        'GRANT CREATE ON DATABASE "{0}" TO "{0}"',
        'CREATE TABLE t (id int); ALTER TABLE t OWNER TO "{0}"',
        'CREATE TABLE t (id int); GRANT TRUNCATE ON t TO "{0}"',
        'GRANT CONNECT ON DATABASE "{0}" TO PUBLIC',
    ],
)
def test_it_asks_what_the_role_may_do(made: Wanted, statement: str) -> None:
    assert checks.check_database_role(None, databases=["default"]) == []
    alter(made, statement.format(made.database.name))
    assert ids(checks.check_database_role(None, databases=["default"])) == ["drempel.E017"]


@pytest.mark.services
@pytest.mark.usefixtures("made")
def test_it_says_that_a_database_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: dict[str, Any] = dict(handler()["default"].settings_dict)
    closed["PORT"] = str(services.free_port())
    monkeypatch.setattr(checks, "connections", ConnectionHandler({"default": closed}))
    for check in (checks.check_quiet_server, checks.check_database_role):
        assert ids(check(None, databases=["default"])) == ["drempel.E019"]


def test_it_says_that_redis_does_not_answer(outside: Settings) -> None:
    outside.CELERY_BROKER_URL = f"redis://127.0.0.1:{services.free_port()}/0"
    assert ids(checks.check_broker(None, databases=["default"])) == ["drempel.E019"]
    assert checks.check_broker(None) == []


@pytest.mark.services
@pytest.mark.parametrize(
    ("more", "password", "count"),
    [
        (("--requirepass", "open sesame"), "open sesame", 0),
        (("--requirepass", "open sesame", "--appendonly", "no"), "open sesame", 1),
        (
            ("--requirepass", "open sesame", "--maxmemory-policy", "allkeys-lru"),
            "open sesame",
            1,
        ),
        ((), "", 1),
        (OWN_USER, "opensesame", 1),
        ((*OWN_USER, "--user", "default", "off"), "opensesame", 0),
    ],
)
def test_it_asks_redis_whether_it_keeps(
    outside: Settings, tmp_path: Path, more: tuple[str, ...], password: str, count: int
) -> None:
    with services.redis(tmp_path / "redis", *more) as server:
        outside.CELERY_BROKER_URL = f"redis://127.0.0.1:{server['port']}/0"
        if password:
            outside.CELERY_BROKER_PASSWORD = password
        if "drempel" in more:
            outside.CELERY_BROKER_USER = "drempel"
        found = checks.check_broker(None, databases=["default"])
        assert ids(found) == ["drempel.E018"] * count
