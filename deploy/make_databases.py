"""Make the roles and databases of one service in its PostgreSQL, or print how.

    python -m deploy.make_databases SERVICE.json MIGRATE.json [--admin-user postgres]
        [--admin-password-file FILE] [--print]

SERVICE.json is the service's own file; MIGRATE.json the same with the owner's names and
password files (``docs/operating-a-node.md``). A second run corrects and loses nothing.
``--print`` writes statements for psql instead, for whoever may not let us in as administrator.
"""

import argparse
import json
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from deploy.databases import (
    MIN_SALT_BYTES,
    OWN_SERVER,
    Database,
    create_statement,
    inside_statements,
    role_statements,
    scram_verifier,
    server_statements,
)

MAINTENANCE = "postgres"
CONNECT_SECONDS = 10
PAIRS = ("", "issuing_")
# What this session says must not be logged either.
_QUIET_SESSION = "SET log_statement = 'none'; SET log_min_error_statement = 'panic'"


class CannotMakeError(Exception):
    """Say in one sentence why the databases cannot be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """How the administrator enters the server: a host or socket folder, a port, a name."""

    host: str
    port: int
    user: str = "postgres"
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A database with the passwords of its two roles; None: peer or trust."""

    database: Database
    owner_password: str | None
    service_password: str | None


@contextmanager
def entered(admin: Admin, name: str = MAINTENANCE) -> Iterator["psycopg.Connection[Any]"]:
    """Enter a database as administrator; raise CannotMakeError in words without values."""
    try:
        connection = psycopg.connect(
            host=admin.host,
            port=admin.port,
            user=admin.user,
            password=admin.password or None,
            dbname=name,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            application_name="drempel-admin",
        )
    except psycopg.Error as error:
        raise CannotMakeError(
            "PostgreSQL does not let its administrator in; check address, user and password."
        ) from error
    try:
        with connection:
            connection.execute(_QUIET_SESSION)
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise CannotMakeError("PostgreSQL's administrator must be a superuser.") from error


def role_lines(wanted: Wanted) -> tuple[str, ...]:
    """Return the statements for both roles of a database."""
    return (
        *role_statements(wanted.database.owner, _verifier(wanted.owner_password)),
        *role_statements(wanted.database.service, _verifier(wanted.service_password)),
    )


def databases_make(
    admin: Admin, wanted: Sequence[Wanted], *, is_own_server: bool = False
) -> None:
    """Make or correct roles and databases; raise CannotMakeError."""
    with entered(admin) as server:
        run(server, OWN_SERVER if is_own_server else ())
        for one in wanted:
            run(server, role_lines(one))
            if not _is_there(server, one.database.name):
                run(server, (create_statement(one.database),))
            run(server, server_statements(one.database))
    for one in wanted:
        with entered(admin, one.database.name) as inside:
            run(inside, inside_statements(one.database))


def run(connection: "psycopg.Connection[Any]", statements: Sequence[str]) -> None:
    """Run statements that this room wrote, one after the other."""
    for statement in statements:
        connection.execute(statement.encode("ascii"))


def _is_there(server: "psycopg.Connection[Any]", name: str) -> bool:
    found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    return found.fetchone() is not None


def _verifier(password: str | None) -> str | None:
    if password is None:
        return None
    return scram_verifier(password, secrets.token_bytes(MIN_SALT_BYTES))


def wanted_of(service: Mapping[str, Any], migrate: Mapping[str, Any]) -> list[Wanted]:
    """Return what two service files ask for; raise CannotMakeError if they do not fit."""
    found = []
    for pair in PAIRS:
        name, user = f"{pair}database_name", f"{pair}database_user"
        if name not in service and pair:
            continue
        if name not in service or service.get(name) != migrate.get(name):
            raise CannotMakeError(f'The two files must have the same "{name}".')
        try:
            database = Database(
                name=service[name], owner=migrate.get(user, ""), service=service.get(user, "")
            )
        except (TypeError, ValueError):
            raise CannotMakeError(
                f'The two files must have two different "{user}", of a-z, 0-9 and _.'
            ) from None
        found.append(
            Wanted(
                database=database,
                owner_password=_password(migrate.get(f"{pair}database_password_file")),
                service_password=_password(service.get(f"{pair}database_password_file")),
            )
        )
    return found


def _password(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).read_text("ascii").strip()
    except (OSError, ValueError):
        raise CannotMakeError(f"The password file {Path(path).name} cannot be read.") from None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise CannotMakeError(f"{path} is not a service file.") from None
    if not isinstance(value, dict):
        raise CannotMakeError(f"{path} is not a service file.")
    return value


def script(wanted: Sequence[Wanted], *, is_own_server: bool = False) -> Iterator[str]:
    """Yield lines for psql; they hold verifiers of passwords, no passwords."""
    yield f"{_QUIET_SESSION};"
    if is_own_server:
        yield from (f"{line};" for line in OWN_SERVER)
    for one in wanted:
        yield from (f"{line};" for line in role_lines(one))
        yield f"{create_statement(one.database)};"
        yield from (f"{line};" for line in server_statements(one.database))
    for one in wanted:
        yield f"\\connect {one.database.name}"
        yield f"{_QUIET_SESSION};"
        yield from (f"{line};" for line in inside_statements(one.database))


def main(given: Sequence[str] | None = None) -> int:
    """Make or print; return 0, or 2 after one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m deploy.make_databases")
    parser.add_argument("service", metavar="SERVICE.json", type=Path)
    parser.add_argument("migrate", metavar="MIGRATE.json", type=Path)
    parser.add_argument("--admin-host", help="default: the service's database_host")
    parser.add_argument("--admin-user", default="postgres")
    parser.add_argument("--admin-password-file", metavar="FILE")
    parser.add_argument("--print", action="store_true", help="print statements for psql")
    parser.add_argument(
        "--own-server", action="store_true", help="nobody else uses this server: close the rest"
    )
    arguments = parser.parse_args(given)
    is_own = arguments.own_server
    try:
        service = _read(arguments.service)
        wanted = wanted_of(service, _read(arguments.migrate))
        if arguments.print:
            sys.stdout.write("\n".join(script(wanted, is_own_server=is_own)) + "\n")
            return 0
        admin = Admin(
            host=arguments.admin_host or str(service.get("database_host", "")),
            port=int(service.get("database_port", 5432)),
            user=arguments.admin_user,
            password=_password(arguments.admin_password_file) or "",
        )
        databases_make(admin, wanted, is_own_server=is_own)
    except CannotMakeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
