"""Fit a service that ``drempel install`` made to the places where the topology runs it.

    python -m deploy.settle SERVICE [--secrets secrets] [--settings settings]
        [--nodes NODES.json] [--authority CERTIFICATE.pem]…

``secrets/SERVICE`` is what ``drempel install`` wrote. What is no secret goes to
``settings/SERVICE``, which a container sees as one folder; the service files there name the
places inside. Two secrets are added: the administrator's password of a PostgreSQL of its own,
and the file of users of a Redis of its own, which holds a hash. Run it again after a change; as
root it also gives every file to the service's user.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.errors import BadInput, CliError
from cli.files import read_bytes, read_nodes
from cli.folders import write_private
from cli.installing import service_files as names
from cli.installing.certificates import CERTIFICATE
from cli.installing.keys import secret_make
from deploy.containers import words
from deploy.topology import Service, read_topology
from mpcengine.protocol.canonical import JSON, parse_json

ADMIN_PASSWORD = "database-admin-password"  # noqa: S105 - a file's name
REDIS_USERS = "redis.acl"
AUTHORITIES = "authorities.pem"
_PLAIN = (names.NODES, names.POLICY, CERTIFICATE)
_KEPT = ("log.txt", "events.jsonl")
_NUMBERS = ("port", "database_port", "redis_port")
_PLACES = (*_NUMBERS, "database_host", "redis_host", "listen_host")
_PARTY_PLACES = ("party_listen_host", "party_ports")
# Read by a database or a Redis, whose user is another one of the same group.
_FOR_THE_GROUP = (ADMIN_PASSWORD, REDIS_USERS)
_REDIS_USERS = """\
user default on #{digest} ~* &* +@all -@admin
user health on nopass -@all +ping
"""

Members = dict[str, JSON]


def settle(
    service: Service,
    *,
    secrets: Path,
    settings: Path,
    places: Mapping[str, str],
    authorities: Sequence[Path] = (),
) -> None:
    """Write ``settings`` and the added secrets; raise CliError if something is not there.

    ``places`` fills in the topology's words for the service's own processes.
    """
    settings.mkdir(parents=True, exist_ok=True)
    for name in _PLAIN:
        # The operator edits policy and nodes file there; a certificate is renewed in secrets.
        is_kept = name != CERTIFICATE and (settings / name).exists()
        if (secrets / name).exists() and not is_kept:
            write_private(settings / name, read_bytes(secrets / name).decode("utf-8"))
    texts = [read_bytes(path).decode("ascii") for path in authorities]
    write_private(settings / AUTHORITIES, "".join(texts))
    for name in (names.SERVICE, names.MIGRATE):
        members = _moved(_members(secrets / name), service, places)
        if name == names.MIGRATE:
            members = _for_migrating(members)
        write_private(settings / name, json.dumps(members, ensure_ascii=False, indent=1) + "\n")
    if not (secrets / ADMIN_PASSWORD).exists():
        secret_make(secrets / ADMIN_PASSWORD)
    password = read_bytes(secrets / names.REDIS_PASSWORD).strip()
    digest = hashlib.sha256(password).hexdigest()
    write_private(secrets / REDIS_USERS, _REDIS_USERS.format(digest=digest))
    if os.geteuid() == 0:
        _give(service, secrets, settings)


def _members(path: Path) -> Members:
    value = parse_json(read_bytes(path), file=True)
    if not isinstance(value, dict):
        raise BadInput(f"{path} is not a service file; run drempel install first.")
    return value


def _moved(members: Members, service: Service, places: Mapping[str, str]) -> Members:
    """Return a service file whose paths, hosts and ports are those of the topology."""
    folder = str(members["data_dir"])
    moved: Members = {key: _place(value, folder, places) for key, value in members.items()}
    for key in (*_PLACES, *(_PARTY_PLACES if service.role == "node" else ())):
        moved[key] = int(places[key]) if key in _NUMBERS else places[key]
    return moved


def _place(value: JSON, folder: str, places: Mapping[str, str]) -> JSON:
    if value == folder:
        return places["data"]
    if not isinstance(value, str) or not value.startswith(f"{folder}/"):
        return value
    name = value.removeprefix(f"{folder}/")
    kind = "data" if name in _KEPT else "settings" if name in _PLAIN else "secrets"
    return f"{places[kind]}/{name}"


def _for_migrating(members: Members) -> Members:
    """Leave out what migrating has no use for, so that its container need not be given it."""
    left = {"redis_user", "redis_password_file", "tls_certificate_file", "tls_key_file"}
    kept = {key: value for key, value in members.items() if key not in left}
    return {**kept, "behind_proxy": True}


def _give(service: Service, secrets: Path, settings: Path) -> None:
    """Give the service's user its secrets, and its group what it may read."""
    for path in (secrets, *secrets.iterdir()):
        if path.is_file() or path == secrets:
            os.chown(path, service.user, service.user)
    secrets.chmod(0o710)
    for name in _FOR_THE_GROUP:
        (secrets / name).chmod(0o640)
    for path in (settings, *settings.iterdir()):
        os.chown(path, 0, service.user)
        path.chmod(0o750 if path == settings else 0o640)


def main(given: Sequence[str] | None = None) -> int:
    """Settle one service for compose.yaml; return 0, or 2 after one sentence."""
    topology = read_topology()
    parser = argparse.ArgumentParser(prog="python -m deploy.settle")
    parser.add_argument("service", choices=[one.name for one in topology.services])
    parser.add_argument("--secrets", type=Path, default=Path("secrets"))
    parser.add_argument("--settings", type=Path, default=Path("settings"))
    parser.add_argument("--nodes", metavar="NODES.json", type=Path, help="the three nodes")
    parser.add_argument("--authority", type=Path, action="append", default=[])
    arguments = parser.parse_args(given)
    service = topology.service(arguments.service)
    own = arguments.settings / service.name
    try:
        if arguments.nodes is not None:
            nodes = read_nodes(arguments.nodes).to_json()
            own.mkdir(parents=True, exist_ok=True)
            write_private(own / names.NODES, json.dumps(nodes, ensure_ascii=False, indent=1))
        settle(
            service,
            secrets=arguments.secrets / service.name,
            settings=own,
            places=words(topology.process(f"{service.name}-web")),
            authorities=arguments.authority,
        )
    except CliError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return 2
    sys.stdout.write(f"{own} is ready.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
