"""Say which roles and databases a service needs in PostgreSQL, as statements; run nothing.

Each database has two roles. The owner migrates and is used for nothing else. The service's
role reads and writes rows: no tables of its own, no TRUNCATE, no other service's database.
Nobody else may connect. A node has two such pairs, so that who may answer and what was answered
are apart in the server as well. PostgreSQL lets every role into ``postgres`` and ``template1``;
on a server of the service's own, OWN_SERVER ends that.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

# What the server must not do, wherever a superuser may say so: a log line with a key's value or
# a time beside a row would undo what the tables leave out (docs/threat-model.md). The whole
# list for a server of one's own is postgresql.conf beside this file.
QUIET: Mapping[str, str] = {
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_statement": "none",
    "log_duration": "off",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_transaction_sample_rate": "0",
    "synchronous_commit": "on",
}
# Not for a server that others use too: their roles may need to enter.
OWN_SERVER = (
    'REVOKE ALL ON DATABASE "postgres" FROM PUBLIC',
    'REVOKE ALL ON DATABASE "template1" FROM PUBLIC',
)
SCRAM_ROUNDS = 4096
MIN_SALT_BYTES = 16
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One database and its two roles. Names are lower-case letters, digits and ``_``."""

    name: str
    owner: str
    service: str

    def __post_init__(self) -> None:
        """Raise ValueError for a name that would need care in a statement."""
        for one in (self.name, self.owner, self.service):
            if not _NAME.fullmatch(one):
                raise ValueError("A database or role has an odd name.")
        if self.owner == self.service:
            raise ValueError("Owner and service must be two roles.")


def scram_verifier(password: str, salt: bytes) -> str:
    """Return what PostgreSQL stores for a password, so that the password never reaches it.

    ``password`` is of printable ASCII, ``salt`` of at least 16 random bytes; RFC 5803.
    """
    if not password.isascii() or not password.isprintable() or len(salt) < MIN_SALT_BYTES:
        raise ValueError("A password must be printable ASCII, a salt 16 bytes.")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, SCRAM_ROUNDS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    texts = (b64encode(one).decode("ascii") for one in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(SCRAM_ROUNDS, *texts)


def role_statements(role: str, verifier: str | None) -> tuple[str, ...]:
    """Return statements that make a role or correct it; None: it enters by peer or trust."""
    password = "NULL" if verifier is None else f"'{verifier}'"
    rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS"
    there = f"SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = '{role}'"  # noqa: S608 - _NAME
    return (
        f'DO $$ BEGIN IF NOT EXISTS ({there}) THEN CREATE ROLE "{role}"; END IF; END $$',
        f'ALTER ROLE "{role}" {rights} PASSWORD {password}',
    )


def create_statement(database: Database, template: str = "template0") -> str:
    """Return the statement that makes the database; it can run once only, and by itself."""
    encoding = " ENCODING 'UTF8'" if template == "template0" else ""
    return (
        f'CREATE DATABASE "{database.name}" OWNER "{database.owner}"'
        f' TEMPLATE "{template}"{encoding}'
    )


def server_statements(database: Database) -> tuple[str, ...]:
    """Return statements about a database that is there: who may enter, what is not logged."""
    name = database.name
    return (
        f'ALTER DATABASE "{name}" OWNER TO "{database.owner}"',
        f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
        f'REVOKE ALL ON DATABASE "{name}" FROM "{database.service}"',
        f'GRANT CONNECT ON DATABASE "{name}" TO "{database.service}"',
        *(f"ALTER DATABASE \"{name}\" SET {key} = '{QUIET[key]}'" for key in QUIET),
    )


def inside_statements(database: Database) -> tuple[str, ...]:
    """Return statements to run inside the database: rows for the service, the rest for no one.

    They hold for the tables that are there and for those that the owner makes later.
    """
    owner, service = database.owner, database.service
    rows = "SELECT, INSERT, UPDATE, DELETE"
    later = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA public'
    return (
        f'ALTER SCHEMA public OWNER TO "{owner}"',
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f'GRANT USAGE ON SCHEMA public TO "{service}"',
        f'{later} GRANT {rows} ON TABLES TO "{service}"',
        f'{later} GRANT USAGE, SELECT ON SEQUENCES TO "{service}"',
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC',
        f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{service}"',
        f'GRANT {rows} ON ALL TABLES IN SCHEMA public TO "{service}"',
        f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{service}"',
    )


def drop_statements(database: Database) -> tuple[str, ...]:
    """Return statements that remove the database, with whoever is in it, and its roles."""
    return (
        f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)',
        f'DROP ROLE IF EXISTS "{database.service}"',
        f'DROP ROLE IF EXISTS "{database.owner}"',
    )
