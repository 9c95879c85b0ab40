"""Install all five services at once, for trying Drempel out and for its tests.

    python -m deploy.evaluation FOLDER

makes ``FOLDER/secrets``, ``FOLDER/settings`` and ``FOLDER/coordinator`` for compose.yaml with
the profile ``evaluation``. Whoever runs this holds every key of the federation: real operators
each run ``drempel install`` on their own machines (docs/operating-a-node.md).
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.errors import CliError
from cli.folders import folder_make, write_private
from cli.installing.addresses import Address, address_read
from cli.installing.certificates import CERTIFICATE
from cli.installing.entries import entries_join
from cli.installing.keys import signing_key_make
from cli.installing.service_files import NODES, POLICY, RELAY_TOKEN, Storage, Web
from cli.installing.services import NodePlan, node_install, portal_install, relay_install
from deploy.containers import DOMAIN, words
from deploy.settle import settle
from deploy.topology import Service, Topology, read_topology
from mpcengine.protocol.nodesfile import NodeEntry, NodesFile
from mpcengine.protocol.policy import Policy, default_policy
from mpcengine.protocol.signing import public_bytes

# What a service's own processes fill in for the topology's words.
Places = Callable[[Service], Mapping[str, str]]
Policies = Callable[[tuple[bytes, ...]], Policy]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """Five services in one folder: who the nodes are, and the coordinator that may ask them."""

    folder: Path
    nodes: NodesFile
    coordinator: Ed25519PrivateKey

    def secrets(self, service: str) -> Path:
        """Return the folder of a service's secrets."""
        return self.folder / "secrets" / service

    def settings(self, service: str) -> Path:
        """Return the folder of what a service reads and is no secret."""
        return self.folder / "settings" / service


def federation_install(
    folder: Path, topology: Topology, places: Places, host: str, policy: Policies
) -> Installed:
    """Make all five services' folders under ``folder``.

    ``host`` is where each is met, with ``{service}`` for its name. Raises CliError.
    """
    folder_make(folder / "secrets")
    coordinator = signing_key_make(folder / "coordinator.pem")
    maker = _Maker(folder, places, host, policy((public_bytes(coordinator),)))
    nodes: list[NodeEntry] = []
    for service in topology.services:
        if service.role == "portal":
            relay = topology.service("relay")
            portal_install(*maker.common(service), maker.address(relay).url)
        elif service.role == "relay":
            token = folder / "secrets" / "portal" / RELAY_TOKEN
            relay_install(*maker.common(service), token)
        else:
            nodes.append(maker.node(service))
    joined = entries_join(nodes)
    write_private(folder / NODES, json.dumps(joined.to_json(), ensure_ascii=False, indent=1))
    installed = Installed(folder=folder, nodes=joined, coordinator=coordinator)
    for service in topology.services:
        maker.settle(service, installed)
    return installed


@dataclass(frozen=True, slots=True)
class _Maker:
    folder: Path
    places: Places
    host: str
    policy: Policy

    def address(self, service: Service) -> Address:
        host = self.host.format(service=service.name)
        return address_read(f"https://{host}:{self.places(service)['port']}")

    def common(self, service: Service) -> tuple[Path, Web, Storage]:
        places = self.places(service)
        web = Web(
            address=self.address(service),
            listen_host=places["listen_host"],
            port=int(places["port"]),
            certificate=None,
            certificate_key=None,
            behind_proxy=False,
        )
        storage = Storage(
            database_host=places["database_host"],
            database_port=int(places["database_port"]),
            database_ca=None,
            redis_host=places["redis_host"],
            redis_port=int(places["redis_port"]),
            redis_ca=None,
            prefix="drempel",
        )
        return self.folder / "secrets" / service.name, web, storage

    def node(self, service: Service) -> NodeEntry:
        folder, web, storage = self.common(service)
        places = self.places(service)
        plan = NodePlan(
            node=service.node,
            name=service.title,
            web=web,
            storage=storage,
            party_host=places["party_host"],
            party_listen_host=places["party_listen_host"],
            party_ports=places["party_ports"],
            coordinators=self.policy.coordinators,
            has_pin=True,
        )
        return node_install(folder, plan)

    def settle(self, service: Service, installed: Installed) -> None:
        settings, secrets = installed.settings(service.name), installed.secrets(service.name)
        settings.mkdir(parents=True)
        shutil.copyfile(self.folder / NODES, settings / NODES)
        if service.role == "node":
            write_private(settings / POLICY, json.dumps(self.policy.to_json(), indent=1))
        # The portal knows its relay by a certificate that nobody else signed; nodes have pins.
        relay = installed.secrets("relay") / CERTIFICATE
        trusted = [relay] if service.role == "portal" else []
        settle(
            service,
            secrets=secrets,
            settings=settings,
            places=self.places(service),
            authorities=trusted,
        )


def main(given: Sequence[str] | None = None) -> int:
    """Make everything for compose.yaml; return 0, or 2 after one sentence."""
    parser = argparse.ArgumentParser(prog="python -m deploy.evaluation")
    parser.add_argument("folder", type=Path, help="beside compose.yaml: usually .")
    folder = parser.parse_args(given).folder.absolute()
    topology = read_topology()
    try:
        federation_install(
            folder,
            topology,
            lambda service: words(topology.process(f"{service.name}-web")),
            f"{{service}}.{DOMAIN}",
            lambda keys: default_policy(coordinators=keys),
        )
    except CliError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return 2
    sys.stdout.write(f"{folder / 'secrets'} and {folder / 'settings'} are ready.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
