"""Lay out the data folder of an embedded federation: keys, policies, service files, databases.

One folder a service, mode 0700; every secret a file of mode 0600. A folder that is a house
already is taken as it is: same keys, same ports, same databases.
"""

import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.embedded.ports import LOOPBACK
from cli.embedded.storage import Storage, mark_keep
from cli.errors import BadInput
from cli.folders import PRIVATE_FILE, folder_make, write_private
from cli.installing.keys import (
    WRAPPING,
    secret_make,
    signing_key_load,
    signing_key_make,
    wrapping_key_make,
)
from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.nodesfile import NODE_NAMES, NodeEntry, NodesFile, parse_nodes_file
from mpcengine.protocol.partners import PartnersFile
from mpcengine.protocol.policy import PARTNERS_FILE, default_policy
from mpcengine.protocol.signing import public_bytes

SERVICES = ("portal", "relay", "node-a", "node-b", "node-c")
DATABASES: Mapping[str, tuple[str, ...]] = {
    "portal": ("portal.sqlite3",),
    "relay": ("relay.sqlite3",),
    "node": ("packages.sqlite3", "issuing.sqlite3"),
}
NODE_TITLES = {"a": "Anna's node", "b": "Bram's node", "c": "Chris's node"}
PORTS_FILE = "ports.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Hold where everything is: the folder, each service's port, nodes file, coordinator's key.

    ``has_faults`` gives every service a folder ``faults`` for a test's kill points.
    """

    folder: Path
    ports: Mapping[str, int]
    nodes: NodesFile
    coordinator: Ed25519PrivateKey
    has_faults: bool = False

    @property
    def portal_url(self) -> str:
        """Return the portal's address: another host name than the others', for cookies."""
        return f"http://localhost:{self.ports['portal']}"

    @property
    def relay_url(self) -> str:
        """Return the relay's address."""
        return f"http://{LOOPBACK}:{self.ports['relay']}"

    @property
    def numba_cache(self) -> Path:
        """Return the private folder of compiled loops."""
        return self.folder / "numba"

    @property
    def scratch(self) -> Path:
        """Return the folder that services use for temporary files."""
        return self.folder / "tmp"

    @property
    def token_file(self) -> Path:
        """Return where the sample coordinator's API token is kept."""
        return self.folder / "coordinator" / "api-token"

    @property
    def password_file(self) -> Path:
        """Return where the sample coordinator's password for the portal's pages is kept."""
        return self.folder / "coordinator" / "password"

    @property
    def header_file(self) -> Path:
        """Return where the same token stands as the header that curl sends."""
        return self.folder / "coordinator" / "authorization-header"

    def service_folder(self, service: str) -> Path:
        """Return a service's own folder."""
        return self.folder / service

    def fault_folder(self, service: str) -> Path:
        """Return where a test arms a service's kill points."""
        return self.folder / service / "faults"


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """What is special about a house that is being built."""

    storage: Storage | None
    is_test: bool
    has_faults: bool


def role_of(service: str) -> str:
    """Return ``portal``, ``relay`` or ``node``."""
    return service.partition("-")[0]


def house_open(folder: Path) -> dict[str, int] | None:
    """Return the ports of the house in ``folder``, or None if there is none yet.

    Raises BadInput if the folder holds something else.
    """
    ports = folder / PORTS_FILE
    if ports.is_file():
        return {name: int(port) for name, port in parse_json(ports.read_bytes()).items()}
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} holds something else; name a new or an empty folder.")
    return None


def house_build(
    folder: Path,
    ports: Mapping[str, int],
    templates: Path | None,
    *,
    storage: Storage | None = None,
    is_test: bool = False,
    has_faults: bool = False,
) -> House:
    """Make the house in ``folder``, or read the one that is there, and return it.

    ``templates`` holds migrated empty databases and a warm numba cache (None: make none).
    ``storage`` names databases and queue in PostgreSQL and Redis (None: files); whoever calls
    makes them. ``is_test`` gives the nodes policies whose floor is 1.
    """
    if not (folder / PORTS_FILE).is_file():
        special = Special(storage=storage, is_test=is_test, has_faults=has_faults)
        coordinator = _build(folder, ports, templates, special)
    else:
        coordinator = signing_key_load(folder / "coordinator" / "signing.pem")
    nodes = parse_nodes_file(parse_json((folder / "nodes.json").read_bytes()))
    return House(
        folder=folder,
        ports=dict(ports),
        nodes=nodes,
        coordinator=coordinator,
        has_faults=has_faults,
    )


def partners_confirm(house: House, partners: PartnersFile) -> None:
    """Have all three operators confirm these partners, and no others."""
    for name in NODE_NAMES:
        _write_json(house.service_folder(f"node-{name}") / PARTNERS_FILE, partners.to_json())


def _build(
    folder: Path,
    ports: Mapping[str, int],
    templates: Path | None,
    special: Special,
) -> Ed25519PrivateKey:
    folder_make(folder)
    for name in (*SERVICES, "coordinator", "tmp", "numba"):
        folder_make(folder / name)
    coordinator = signing_key_make(folder / "coordinator" / "signing.pem")
    keys = {n: signing_key_make(folder / f"node-{n}" / "identity.pem") for n in NODE_NAMES}
    _write_json(folder / "nodes.json", _nodes_file(keys, ports).to_json())
    policy = default_policy(coordinators=(public_bytes(coordinator),), test=special.is_test)
    relay_token = secrets.token_hex(32)
    for service in SERVICES:
        _service_build(folder, service, ports, special)
        if role_of(service) == "node":
            _write_json(folder / service / "policy.json", policy.to_json())
        else:
            write_private(folder / service / "relay-token", relay_token)
    signing_key_make(folder / "relay" / "signing.pem")
    secret_make(folder / "portal" / "second-factor-key")
    for name in NODE_NAMES:
        wrapping_key_make(folder / f"node-{name}" / WRAPPING)
    _templates_copy(folder, templates, special)
    # Written last: a folder with this file is a whole house.
    _write_json(folder / PORTS_FILE, dict(ports))
    return coordinator


def _service_build(
    folder: Path, service: str, ports: Mapping[str, int], special: Special
) -> None:
    own = folder / service
    members = _members(folder, service, ports)
    if special.storage is None:
        members["broker_dir"] = str(own / "broker")
    else:
        members |= special.storage.members(service, own)
    if special.has_faults:
        folder_make(own / "faults")
        members["fault_dir"] = str(own / "faults")
    secret_make(own / "secret-key")
    _write_json(own / "service.json", members)


def _members(folder: Path, service: str, ports: Mapping[str, int]) -> dict[str, JSON]:
    """Return the members of a service file (contract of config.env)."""
    own, role = folder / service, role_of(service)
    members: dict[str, JSON] = {
        "role": role,
        "embedded": True,
        "data_dir": str(own),
        "port": ports[service],
        "secret_key_file": str(own / "secret-key"),
        "log_file": str(own / "log.txt"),
        "nodes_file": str(folder / "nodes.json"),
    }
    if role == "portal":
        members["relay_url"] = f"http://{LOOPBACK}:{ports['relay']}"
        members["relay_token_file"] = str(own / "relay-token")
        members["second_factor_key_file"] = str(own / "second-factor-key")
    elif role == "relay":
        members["signing_key_file"] = str(own / "signing.pem")
        members["portal_token_file"] = str(own / "relay-token")
    else:
        node = service.partition("-")[2]
        members["node"] = node
        members["index"] = NODE_NAMES.index(node) + 1
        members["name"] = NODE_TITLES[node]
        members["party_host"] = LOOPBACK
        members["identity_key_file"] = str(own / "identity.pem")
        members["wrapping_key_file"] = str(own / WRAPPING)
        members["policy_file"] = str(own / "policy.json")
    return members


def _nodes_file(keys: Mapping[str, Ed25519PrivateKey], ports: Mapping[str, int]) -> NodesFile:
    return NodesFile(
        nodes=tuple(
            NodeEntry(
                node=name,
                index=index,
                name=NODE_TITLES[name],
                url=f"http://{LOOPBACK}:{ports[f'node-{name}']}",
                identity_key=public_bytes(keys[name]),
                pin=None,
            )
            for index, name in enumerate(NODE_NAMES, start=1)
        )
    )


def _templates_copy(folder: Path, templates: Path | None, special: Special) -> None:
    if templates is not None:
        if special.storage is None:
            _copy_databases(folder, templates)
        shutil.copytree(templates / "numba", folder / "numba", dirs_exist_ok=True)
    if special.storage is not None:
        mark_keep(folder, special.storage)


def _copy_databases(folder: Path, templates: Path) -> None:
    for service in SERVICES:
        for name in DATABASES[role_of(service)]:
            copy = folder / service / name
            shutil.copyfile(templates / name, copy)
            copy.chmod(PRIVATE_FILE)


def _write_json(path: Path, value: JSON) -> None:
    write_private(path, json.dumps(value, indent=1))
