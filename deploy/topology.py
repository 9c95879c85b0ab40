"""Read ``topology.toml``: five services, what each is made of, what each process gets."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

FORMAT = "drempel-topology/1"
FILE = Path(__file__).with_name("topology.toml")
CODE = FILE.parents[1]
APP = "app"
ROLES = ("portal", "relay", "node")
_WORD = re.compile(r"\{([a-z_]+)\}")


class BadTopology(Exception):
    """Say in one sentence what the topology file has that it may not, or lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One of the five: its role, its operating-system user, and its ports."""

    name: str
    role: str
    title: str
    user: int
    port: int
    database_port: int
    redis_port: int
    node: str = ""
    index: int = 0
    party_ports: str = ""

    def words(self) -> dict[str, str]:
        """Return what this service fills in for the words in braces."""
        own = {one.name: str(getattr(self, one.name)) for one in fields(self)}
        return {**own, "service": self.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of one service, its words still in braces."""

    service: Service
    kind: str
    image: str
    command: tuple[str, ...]
    memory: str
    pids: int
    networks: tuple[str, ...]
    secrets: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    health: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    user_offset: int = 0
    once: bool = False
    publish: bool = False

    @property
    def name(self) -> str:
        """Return ``node-a-web`` and the like."""
        return f"{self.service.name}-{self.kind}"

    @property
    def user(self) -> int:
        """Return the number of the operating-system user it runs as."""
        return self.service.user + self.user_offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The five services and all their processes, in the file's order."""

    services: tuple[Service, ...]
    processes: tuple[Process, ...]

    def service(self, name: str) -> Service:
        """Return the service called ``name``."""
        return next(one for one in self.services if one.name == name)

    def of(self, service: Service) -> tuple[Process, ...]:
        """Return the processes of one service."""
        return tuple(one for one in self.processes if one.service == service)

    def process(self, name: str) -> Process:
        """Return the process called ``name``."""
        return next(one for one in self.processes if one.name == name)


def read_topology(path: Path = FILE) -> Topology:
    """Return the topology in ``path``; raise BadTopology for what it may not say."""
    given = tomllib.loads(path.read_text("utf-8"))
    if given.get("format") != FORMAT:
        raise BadTopology(f'The topology\'s "format" must be {FORMAT}.')
    services = tuple(_service(name, one) for name, one in given["services"].items())
    _check_apart(services)
    processes = tuple(
        _process(service, kind, one, given["environment"])
        for service in services
        for kind, one in given["processes"].items()
    )
    return Topology(services=services, processes=processes)


def fill(text: str, words: Mapping[str, str]) -> str:
    """Put ``words`` in the place of the braces; raise BadTopology for one that is not there."""

    def word(match: re.Match[str]) -> str:
        if match.group(1) not in words:
            raise BadTopology(f"Nothing is known to fill in for {match.group()}.")
        return words[match.group(1)]

    return _WORD.sub(word, text)


def fill_all(texts: Sequence[str], words: Mapping[str, str]) -> list[str]:
    """Fill in every text of a command."""
    return [fill(text, words) for text in texts]


def _service(name: str, given: Mapping[str, Any]) -> Service:
    if given.get("role") not in ROLES:
        raise BadTopology(f"{name} must have one of the roles {', '.join(ROLES)}.")
    return Service(name=name, **given)


def _check_apart(services: Sequence[Service]) -> None:
    """Refuse a port or a user that two processes would share."""
    taken: dict[str, list[object]] = {
        "port": [p for one in services for p in (one.port, one.database_port, one.redis_port)],
        "user": [one.user // 10 for one in services],
        "party_ports": [one.party_ports for one in services if one.party_ports],
    }
    for what, values in taken.items():
        if len(set(values)) != len(values):
            raise BadTopology(f"Two services have the same {what}.")


def _process(
    service: Service, kind: str, given: Mapping[str, Any], environment: Mapping[str, str]
) -> Process:
    members = {key: value for key, value in given.items() if not key.endswith(ROLES)}
    for key in ("secrets", "networks"):
        members[key] = (*given.get(key, ()), *given.get(f"{key}_{service.role}", ()))
    members["memory"] = given.get(f"memory_{service.role}", given["memory"])
    for key in ("command", "health", "after"):
        members[key] = tuple(given.get(key, ()))
    if given["image"] == APP:
        members["environment"] = {**environment, **given.get("environment", {})}
    return Process(service=service, kind=kind, **members)
