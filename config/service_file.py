"""Say what may stand in a service file: one field a key, with its type.

A field without a default must be given. ``config/README.md`` explains each; ``config.env``
reads, ``config.sense`` refuses what is well typed and cannot be meant.
"""

from dataclasses import dataclass
from pathlib import Path

POSTGRESQL_PORT = 5432
REDIS_PORT = 6379
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class PortRange:
    """Ports ``first`` to ``last``, both included; written ``"9001-9016"``."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What every role knows: where its data, broker, log and secret key are, and how it is met.

    ``embedded`` allows the conveniences of one machine. Where data and queue are is another
    question: SQLite files and a folder, or PostgreSQL and Redis if the keys of both are there.
    """

    role: str
    embedded: bool
    data_dir: Path
    port: int
    secret_key_file: Path
    log_file: Path
    events_file: Path | None = None
    fault_dir: Path | None = None

    broker_dir: Path | None = None
    database_host: str | None = None
    database_port: int = POSTGRESQL_PORT
    database_name: str | None = None
    database_user: str | None = None
    database_password_file: Path | None = None
    database_ca_file: Path | None = None
    redis_host: str | None = None
    redis_port: int = REDIS_PORT
    redis_number: int = 0
    redis_user: str | None = None
    redis_password_file: Path | None = None
    redis_ca_file: Path | None = None
    redis_prefix: str | None = None

    listen_host: str = LOOPBACK
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    behind_proxy: bool = False
    hosts: tuple[str, ...] = ()

    @property
    def is_on_services(self) -> bool:
        """Tell whether data and queue are PostgreSQL and Redis."""
        return self.database_host is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalService(Service):
    """The portal: the nodes it works with, its relay, and how it reaches and knows people."""

    nodes_file: Path
    relay_url: str
    relay_token_file: Path
    second_factor_key_file: Path
    security_contact: str | None = None
    mail_host: str | None = None
    mail_port: int | None = None
    mail_security: str | None = None
    mail_user: str | None = None
    mail_password_file: Path | None = None
    mail_from: str | None = None
    mail_dir: Path | None = None
    oidc_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayService(Service):
    """The relay: the key of its promises, the nodes it forwards to, the portal's token."""

    signing_key_file: Path
    nodes_file: Path
    portal_token_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeService(Service):
    """A node: who it is, its operator's policy, the other nodes, where its parties listen."""

    node: str
    index: int
    name: str
    identity_key_file: Path
    policy_file: Path
    nodes_file: Path
    party_host: str
    party_listen_host: str | None = None
    party_ports: PortRange | None = None
    wrapping_key_file: Path | None = None
    issuing_database_name: str | None = None
    issuing_database_user: str | None = None
    issuing_database_password_file: Path | None = None


# Read at start, so they must be there, and private.
SECRET_FILES = frozenset(
    {
        "secret_key_file",
        "identity_key_file",
        "signing_key_file",
        "portal_token_file",
        "relay_token_file",
        "second_factor_key_file",
        "database_password_file",
        "issuing_database_password_file",
        "redis_password_file",
        "mail_password_file",
        "oidc_file",
        "tls_key_file",
    }
)
# Checked where it is there: the first worker makes it, and an operator may keep it from the web
# process altogether.
WORKER_SECRET_FILES = frozenset({"wrapping_key_file"})
PLAIN_FILES = frozenset(
    {
        "nodes_file",
        "policy_file",
        "database_ca_file",
        "redis_ca_file",
        "tls_certificate_file",
    }
)
