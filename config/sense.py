"""Refuse service files that are well typed and still cannot be meant, in one sentence each.

Two questions are kept apart. Data and queue are SQLite and a folder, or PostgreSQL and Redis:
all keys of a group or none. Outside the embedded layer only the second will do, with TLS here
or at a named proxy, under named hosts.
"""

import ipaddress
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from config.service_file import (
    PLAIN_FILES,
    SECRET_FILES,
    WORKER_SECRET_FILES,
    NodeService,
    PortRange,
    Service,
)
from mpcengine.protocol.strict import is_address

MAX_PORT = 65535
MAX_REDIS_NUMBER = 15
OTHERS = 0o077
OWNER_RUNS = 0o100
NODE_NAMES = ("a", "b", "c")
MAIL_SECURITIES = ("tls", "starttls", "none")
DATABASE = ("database_host", "database_name", "database_user")
ISSUING = ("issuing_database_name", "issuing_database_user")
# Keys that mean nothing without the one they are listed under.
_BEHIND: Mapping[str, tuple[str, ...]] = {
    "database_host": ("database_port", "database_password_file", "database_ca_file", *ISSUING),
    "issuing_database_name": ("issuing_database_password_file",),
    "redis_host": (
        "redis_port",
        "redis_number",
        "redis_user",
        "redis_password_file",
        "redis_ca_file",
        "redis_prefix",
    ),
    "redis_password_file": ("redis_user",),
    "mail_host": ("mail_port", "mail_security", "mail_user", "mail_password_file"),
}
_GROUPS = (DATABASE, ("tls_certificate_file", "tls_key_file"))
# PostgreSQL folds and quotes names; these need neither.
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9-]{1,63})*")
_PREFIX = re.compile(r"[a-z0-9_.:-]{1,40}")


class BadConfiguration(Exception):
    """Say in one sentence what is wrong with the service file or with a file it names."""


def require_sense(service: Service, given: Mapping[str, object]) -> None:
    """Raise BadConfiguration for the first thing that cannot be meant."""
    _require_groups(given)
    _require_numbers(service, given)
    _require_names(service)
    _require_databases_and_hosts(service, given)
    _require_storage(service, given)
    if not service.embedded:
        _require_guarded(service)
    _require_files(service, given)


def _require_groups(given: Mapping[str, object]) -> None:
    for group in _GROUPS:
        present = [key for key in group if key in given]
        if present and len(present) < len(group):
            missing = next(key for key in group if key not in given)
            raise BadConfiguration(
                f'The service file has "{present[0]}" and so needs "{missing}".'
            )
    for needed, keys in _BEHIND.items():
        for key in keys:
            if key in given and needed not in given:
                raise BadConfiguration(f'The service file has "{key}" without "{needed}".')


def _require_numbers(service: Service, given: Mapping[str, object]) -> None:
    for key in ("port", "database_port", "redis_port", "mail_port"):
        value = getattr(service, key, None)
        if value is not None and not 0 < value <= MAX_PORT:
            raise BadConfiguration(f'In the service file, "{key}" must be from 1 to 65535.')
    if not 0 <= service.redis_number <= MAX_REDIS_NUMBER:
        raise BadConfiguration(
            f'In the service file, "redis_number" must be from 0 to {MAX_REDIS_NUMBER}.'
        )
    ports = getattr(service, "party_ports", None)
    if isinstance(ports, PortRange) and not 0 < ports.first <= ports.last <= MAX_PORT:
        raise BadConfiguration(
            'In the service file, "party_ports" must be two ports, the lower one first.'
        )
    if service.behind_proxy and "tls_key_file" in given:
        raise BadConfiguration(
            'The service file has "behind_proxy" and "tls_key_file"; TLS ends in one place.'
        )


def _require_names(service: Service) -> None:
    relay_url = getattr(service, "relay_url", None)
    if relay_url is not None and not is_address(relay_url):
        raise BadConfiguration(
            'In the service file, "relay_url" must be an http(s) address in small letters,'
            " without :80, :443 or a / at its end."
        )
    if service.redis_prefix is not None and not _PREFIX.fullmatch(service.redis_prefix):
        raise BadConfiguration(
            'In the service file, "redis_prefix" must be up to 40 of a-z, 0-9 and _.:-'
            " characters."
        )
    if getattr(service, "mail_security", None) not in (None, *MAIL_SECURITIES):
        raise BadConfiguration(
            'In the service file, "mail_security" must be tls, starttls or none.'
        )
    if isinstance(service, NodeService):
        _require_node(service)


def _require_databases_and_hosts(service: Service, given: Mapping[str, object]) -> None:
    for key in (*DATABASE[1:], *ISSUING):
        if key in given and not _NAME.fullmatch(str(given[key])):
            raise BadConfiguration(
                f'In the service file, "{key}" must be lower-case letters, digits and _.'
            )
    for host in service.hosts:
        if not _is_host(host):
            raise BadConfiguration(
                'In the service file, "hosts" must be host names or addresses, no wildcards.'
            )


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _HOST.fullmatch(text) is not None
    return True


def _require_node(service: NodeService) -> None:
    if service.node not in NODE_NAMES or service.index != NODE_NAMES.index(service.node) + 1:
        raise BadConfiguration(
            'In the service file, "node" and "index" must be a and 1, b and 2, or c and 3.'
        )
    if service.issuing_database_name is not None and (
        service.issuing_database_name == service.database_name
        or service.issuing_database_user == service.database_user
    ):
        raise BadConfiguration(
            'In the service file, "issuing_database_name" and "issuing_database_user" must not'
            " be those of the packages."
        )


def _require_storage(service: Service, given: Mapping[str, object]) -> None:
    """Ask for PostgreSQL and Redis whole, or for a broker folder."""
    if "database_host" not in given and "redis_host" not in given:
        if not service.embedded:
            raise BadConfiguration(
                'In the service file, "embedded" is false and so needs "database_host".'
            )
        if service.broker_dir is None:
            raise BadConfiguration('The service file lacks the key "broker_dir".')
        return
    needed = ["database_host", "redis_host"]
    if service.role == "node":
        needed += ISSUING
    for key in needed:
        if key not in given:
            raise BadConfiguration(
                f'The service file names PostgreSQL or Redis and so needs "{key}".'
            )


def _require_guarded(service: Service) -> None:
    """Outside the embedded layer: TLS here or at a proxy, under names of one's own."""
    if service.tls_key_file is None and not service.behind_proxy:
        raise BadConfiguration(
            'In the service file, "embedded" is false and so needs "tls_certificate_file" and'
            ' "tls_key_file", or "behind_proxy".'
        )
    if not service.hosts:
        raise BadConfiguration('In the service file, "embedded" is false and so needs "hosts".')
    if service.fault_dir is not None:
        raise BadConfiguration(
            'In the service file, "fault_dir" is for the embedded layer only.'
        )


def _require_files(service: Service, given: Mapping[str, object]) -> None:
    for key in sorted((SECRET_FILES | WORKER_SECRET_FILES) & given.keys()):
        path = getattr(service, key)
        if key in SECRET_FILES or os.path.lexists(path):
            require_private(path)
            if not service.embedded:
                require_own(path)
    for key in sorted(PLAIN_FILES & given.keys()):
        if not getattr(service, key).is_file():
            raise BadConfiguration(f'The file named by "{key}" is not there.')


def require_private(path: Path) -> None:
    """Raise BadConfiguration unless ``path`` is a plain file that only this user can read."""
    try:
        found = path.lstat()
    except OSError:
        raise BadConfiguration(f"The secret file {path.name} is not there.") from None
    if not stat.S_ISREG(found.st_mode):
        raise BadConfiguration(f"The secret file {path.name} is not a plain file.")
    if found.st_mode & OTHERS:
        raise BadConfiguration(
            f"The secret file {path.name} can be read by others; give it mode 0600."
        )


def require_own(path: Path) -> None:
    """Raise BadConfiguration unless ``path`` is this process's user's, mode 0400 or 0600."""
    require_private(path)
    found = path.lstat()
    if found.st_uid != os.geteuid():
        raise BadConfiguration(
            f"The secret file {path.name} belongs to another user; the service's user must own"
            " it."
        )
    if found.st_mode & OWNER_RUNS:
        raise BadConfiguration(
            f"The secret file {path.name} is marked as a program; give it mode 0600."
        )
