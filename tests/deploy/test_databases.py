"""What a role may do in PostgreSQL, tried: the service's reads and writes rows, no more."""

import hmac
import json
import secrets
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.databases import (
    QUIET,
    Database,
    drop_statements,
    role_statements,
    scram_verifier,
)
from deploy.make_databases import (
    Admin,
    Wanted,
    databases_make,
    entered,
    main,
    run,
    script,
    wanted_of,
)
from tests import services

TABLE = "CREATE TABLE kept (id serial PRIMARY KEY, sealed bytea)"
# The exchange of RFC 7677.
RFC_SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="
RFC_NONCE = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
RFC_SAID = (
    f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={RFC_NONCE},s={RFC_SALT},i=4096,c=biws,r={RFC_NONCE}"
)
RFC_SIGNATURE = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def connect(
    admin: Admin, role: str, name: str, password: str = ""
) -> "psycopg.Connection[Any]":
    return psycopg.connect(
        host=admin.host,
        port=admin.port,
        user=role,
        dbname=name,
        password=password or None,
        autocommit=True,
        connect_timeout=5,
    )


@pytest.fixture(scope="module")
def admin() -> Admin:
    found = services.read()["postgresql"]
    return Admin(host=found["host"], port=found["port"], user=found["user"])


@pytest.fixture
def pair(admin: Admin) -> Iterator[list[Wanted]]:
    """The two databases of a node, with a table in each that its owner made."""
    mark = secrets.token_hex(4)
    wanted = [
        Wanted(
            database=Database(
                name=f"t_{mark}_{one}", owner=f"t_{mark}_{one}_owner", service=f"t_{mark}_{one}"
            ),
            owner_password=None,
            service_password=None,
        )
        for one in ("packages", "issuing")
    ]
    try:
        databases_make(admin, wanted)
        for one in wanted:
            with connect(admin, one.database.owner, one.database.name) as owner:
                owner.execute(TABLE)
        yield wanted
    finally:
        with entered(admin) as server:
            for one in wanted:
                run(server, drop_statements(one.database))


@pytest.mark.services
def test_it_lets_the_service_read_and_write_rows(admin: Admin, pair: list[Wanted]) -> None:
    for one in pair:
        with connect(admin, one.database.service, one.database.name) as service:
            service.execute("INSERT INTO kept (sealed) VALUES ('a'), ('b')")
            service.execute("UPDATE kept SET sealed = 'c'")
            service.execute("DELETE FROM kept WHERE id = 1")
            assert service.execute("SELECT count(*) FROM kept").fetchone() == (1,)


@pytest.mark.services
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other (id int)",
        "CREATE SCHEMA other",
        "CREATE TEMP TABLE other (id int)",
        "DROP TABLE kept",
        "TRUNCATE kept",
        "ALTER TABLE kept ADD COLUMN more int",
        "CREATE INDEX ON kept (id)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER t BEFORE INSERT ON kept EXECUTE FUNCTION f()",
        "CREATE ROLE other",
        "CREATE DATABASE other",
        "SET log_statement = 'all'",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY kept TO PROGRAM 'cat'",
    ],
)
def test_it_lets_the_service_do_nothing_else(
    admin: Admin, pair: list[Wanted], statement: str
) -> None:
    database = pair[0].database
    with (
        connect(admin, database.service, database.name) as service,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        service.execute(statement.encode())


@pytest.mark.services
def test_it_keeps_issuing_and_packages_apart(admin: Admin, pair: list[Wanted]) -> None:
    packages, issuing = (one.database for one in pair)
    for role, name in (
        (packages.service, issuing.name),
        (packages.owner, issuing.name),
        (issuing.service, packages.name),
        (issuing.owner, packages.name),
    ):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            connect(admin, role, name)


@pytest.mark.services
def test_on_a_server_of_its_own_a_service_enters_no_other_database(
    admin: Admin, pair: list[Wanted]
) -> None:
    """What is taken away is given back: a server that was lent may be others' too."""
    role, others = pair[0].database.service, ("postgres", "template1")
    for name in others:
        connect(admin, role, name).close()
    databases_make(admin, pair, is_own_server=True)
    try:
        for name in others:
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                connect(admin, role, name)
        connect(admin, role, pair[0].database.name).close()
    finally:
        with entered(admin) as server:
            server.execute('GRANT CONNECT, TEMPORARY ON DATABASE "postgres" TO PUBLIC')
            server.execute('GRANT CONNECT ON DATABASE "template1" TO PUBLIC')


@pytest.mark.services
def test_it_lets_nobody_else_connect(admin: Admin, pair: list[Wanted]) -> None:
    stranger = f"t_{secrets.token_hex(4)}_stranger"
    with entered(admin) as server:
        run(server, role_statements(stranger, None))
        try:
            for one in pair:
                with pytest.raises(psycopg.OperationalError, match="permission denied"):
                    connect(admin, stranger, one.database.name)
        finally:
            server.execute(f'DROP ROLE "{stranger}"'.encode())


@pytest.mark.services
def test_it_has_the_server_say_nothing_of_rows(admin: Admin, pair: list[Wanted]) -> None:
    database = pair[0].database
    with connect(admin, database.service, database.name) as service:
        for key, value in QUIET.items():
            found = service.execute(f"SHOW {key}".encode()).fetchone()
            assert found is not None
            assert found[0].removesuffix("B") == value


@pytest.mark.services
def test_it_corrects_what_is_there_and_loses_nothing(admin: Admin, pair: list[Wanted]) -> None:
    database = pair[0].database
    with connect(admin, database.service, database.name) as service:
        service.execute("INSERT INTO kept (sealed) VALUES ('a')")
    with entered(admin, database.name) as inside:
        run(
            inside,
            [
                "GRANT CREATE ON SCHEMA public TO PUBLIC",
                f'GRANT TRUNCATE ON kept TO "{database.service}"',
            ],
        )
    with entered(admin) as server:
        run(server, [f'ALTER ROLE "{database.service}" CREATEDB'])
    databases_make(admin, pair)
    with connect(admin, database.service, database.name) as service:
        assert service.execute("SELECT count(*) FROM kept").fetchone() == (1,)
        for statement in (
            "TRUNCATE kept",
            "CREATE TABLE other (id int)",
            "CREATE DATABASE other",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                service.execute(statement.encode())


@pytest.mark.services
def test_it_makes_what_two_service_files_name(admin: Admin, tmp_path: Path) -> None:
    mark = f"t_{secrets.token_hex(4)}"
    members = {
        "database_host": admin.host,
        "database_port": admin.port,
        "database_name": mark,
        "database_user": mark,
    }
    service, migrate = tmp_path / "service.json", tmp_path / "migrate.json"
    service.write_text(json.dumps(members))
    migrate.write_text(json.dumps(members | {"database_user": f"{mark}_owner"}))
    database = Database(name=mark, owner=f"{mark}_owner", service=mark)
    try:
        for _ in range(2):
            command = [
                sys.executable,
                "-m",
                "deploy.make_databases",
                str(service),
                str(migrate),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        connect(admin, mark, mark).close()
    finally:
        with entered(admin) as server:
            run(server, drop_statements(database))


def test_it_keeps_passwords_out_of_what_it_prints(tmp_path: Path) -> None:
    secret = "a password that no log may hold"
    (tmp_path / "password").write_text(secret)
    members = {
        "database_name": "packages",
        "database_user": "node",
        "database_password_file": str(tmp_path / "password"),
    }
    printed = "\n".join(script(wanted_of(members, members | {"database_user": "node_owner"})))
    assert secret not in printed
    assert printed.count("SCRAM-SHA-256$4096:") == 2
    assert 'CREATE DATABASE "packages" OWNER "node_owner"' in printed


def test_it_makes_the_verifier_of_the_rfc() -> None:
    verifier = scram_verifier("pencil", b64decode(RFC_SALT))
    assert verifier.startswith(f"SCRAM-SHA-256$4096:{RFC_SALT}$")
    server_key = b64decode(verifier.rpartition(":")[2])
    signature = hmac.digest(server_key, RFC_SAID.encode(), "sha256")
    assert b64encode(signature).decode() == RFC_SIGNATURE


@pytest.mark.parametrize(
    ("password", "salt"), [("é", bytes(16)), ("a\n", bytes(16)), ("a", b"")]
)
def test_it_makes_no_verifier_of_what_it_cannot(password: str, salt: bytes) -> None:
    with pytest.raises(ValueError, match="printable"):
        scram_verifier(password, salt)


@pytest.mark.parametrize("name", ["", "Packages", 'a"; DROP ROLE b; --', "a-b", "a" * 64])
def test_it_refuses_a_name_that_needs_care(name: str) -> None:
    with pytest.raises(ValueError, match="odd name"):
        Database(name=name, owner="owner", service="service")


@pytest.mark.parametrize(
    ("service", "migrate"),
    [
        ({}, {}),
        ({"database_name": "a", "database_user": "b"}, {"database_name": "c"}),
        ({"database_name": "a", "database_user": "b"}, {"database_name": "a"}),
        (
            {"database_name": "a", "database_user": "b"},
            {"database_name": "a", "database_user": "b"},
        ),
    ],
)
def test_it_says_in_one_sentence_why_not(
    service: dict[str, str],
    migrate: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, members in (("service", service), ("migrate", migrate)):
        (tmp_path / name).write_text(json.dumps(members))
    assert main([str(tmp_path / "service"), str(tmp_path / "migrate"), "--print"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
