"""Say what stands in the service files of an installed service (contract of config.env).

Two files a service: ``service.json`` for its processes, whose database role reads and writes
rows, and ``migrate.json`` for ``migrate``, whose role owns the tables.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from cli.installing.addresses import Address
from cli.installing.certificates import CERTIFICATE, CERTIFICATE_KEY
from mpcengine.protocol.canonical import JSON

SECRET_KEY = "secret-key"  # noqa: S105 - a file's name
SECOND_FACTOR_KEY = "second-factor-key"  # a file's name
RELAY_TOKEN = "relay-token"  # noqa: S105 - a file's name
DATABASE_PASSWORD = "database-password"  # noqa: S105 - a file's name
OWNER_PASSWORD = "database-owner-password"  # noqa: S105 - a file's name
ISSUING_PASSWORD = "issuing-password"  # noqa: S105 - a file's name
ISSUING_OWNER_PASSWORD = "issuing-owner-password"  # noqa: S105 - a file's name
REDIS_PASSWORD = "redis-password"  # noqa: S105 - a file's name
NODES = "nodes.json"
POLICY = "policy.json"
SERVICE = "service.json"
MIGRATE = "migrate.json"
ENVIRONMENT = "environment"

Members = dict[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Where PostgreSQL and Redis are; ``prefix`` begins the names of databases and roles."""

    database_host: str
    database_port: int
    database_ca: Path | None
    redis_host: str
    redis_port: int
    redis_ca: Path | None
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """How a service is met: its address, where it listens, and who ends TLS."""

    address: Address
    listen_host: str
    port: int
    certificate: Path | None
    certificate_key: Path | None
    behind_proxy: bool


def common_members(folder: Path, role: str, web: Web, storage: Storage) -> Members:
    """Return what every role's service file has."""
    members: Members = {
        "role": role,
        "embedded": False,
        "data_dir": str(folder),
        "port": web.port,
        "listen_host": web.listen_host,
        "hosts": [web.address.host],
        "secret_key_file": str(folder / SECRET_KEY),
        "log_file": str(folder / "log.txt"),
        "events_file": str(folder / "events.jsonl"),
        "nodes_file": str(folder / NODES),
        **_storage_members(folder, storage, "" if role == "node" else role),
    }
    if web.behind_proxy:
        return {**members, "behind_proxy": True}
    certificate, key = web.certificate, web.certificate_key
    return {
        **members,
        "tls_certificate_file": str(certificate or folder / CERTIFICATE),
        "tls_key_file": str(key or folder / CERTIFICATE_KEY),
    }


def _storage_members(folder: Path, storage: Storage, role: str) -> Members:
    name = f"{storage.prefix}_{role or 'packages'}"
    members: Members = {
        "database_host": storage.database_host,
        "database_port": storage.database_port,
        "database_name": name,
        "database_user": name,
        "database_password_file": str(folder / DATABASE_PASSWORD),
        "redis_host": storage.redis_host,
        "redis_port": storage.redis_port,
        "redis_user": "default",
        "redis_password_file": str(folder / REDIS_PASSWORD),
    }
    if not role:
        issuing = f"{storage.prefix}_issuing"
        members["issuing_database_name"] = issuing
        members["issuing_database_user"] = issuing
        members["issuing_database_password_file"] = str(folder / ISSUING_PASSWORD)
    if storage.database_ca is not None:
        members["database_ca_file"] = str(storage.database_ca)
    if storage.redis_ca is not None:
        members["redis_ca_file"] = str(storage.redis_ca)
    return members


def migrate_members(folder: Path, members: Members) -> Members:
    """Return the same service file for ``migrate``: the roles that own the tables."""
    found = dict(members)
    found["database_user"] = f"{members['database_name']}_owner"
    found["database_password_file"] = str(folder / OWNER_PASSWORD)
    if "issuing_database_name" in members:
        found["issuing_database_user"] = f"{members['issuing_database_name']}_owner"
        found["issuing_database_password_file"] = str(folder / ISSUING_OWNER_PASSWORD)
    return found


def password_names(members: Members) -> tuple[str, ...]:
    """Return the files of passwords that these service files name."""
    common = (DATABASE_PASSWORD, OWNER_PASSWORD, REDIS_PASSWORD)
    if "issuing_database_name" in members:
        return (*common, ISSUING_PASSWORD, ISSUING_OWNER_PASSWORD)
    return common


def environment_text(folder: Path, role: str) -> str:
    """Return what a service's processes find in their environment: no secret is among it.

    Lines that both a shell and systemd (``EnvironmentFile``) read.
    """
    values = {
        "DREMPEL_CONFIG": str(folder / SERVICE),
        "DJANGO_SETTINGS_MODULE": f"config.settings.{role}",
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONUNBUFFERED": "1",
        # The program is root's; one thread a process, more processes for more cores.
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return "".join(f"{key}={shlex.quote(value)}\n" for key, value in values.items())
