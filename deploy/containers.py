"""Say the topology as containers: what ``compose.yaml`` holds, and its companion files.

Every container: a user of its own service, a read-only root, no capabilities, limits, a health
check, secrets as files. Own networks are internal but ``edge``, through which a port is
published; the two shared ones are ``api`` (web interfaces) and ``mesh`` (the nodes' parties).
"""

from typing import Any

from deploy.topology import APP, Process, Service, Topology, fill, fill_all

VERSION = "0.1.0"
IMAGES = {
    APP: f"drempel-app:{VERSION}",
    "database": f"drempel-database:{VERSION}",
    "redis": f"drempel-redis:{VERSION}",
}
# What the five call each other on one host; on hosts of their own they have real names.
DOMAIN = "drempel.internal"
SHARED = ("api", "mesh")
EVALUATION = "evaluation"
ANYWHERE = "0.0.0.0"  # noqa: S104 - of a container's own network
SETTINGS, SECRETS, DATA, STORE = (
    "/etc/drempel",
    "/run/secrets",
    "/var/lib/drempel",
    "/srv/store",
)
SCRATCH = {APP: "/run/drempel", "database": "/var/run/postgresql", "redis": "/run/redis"}
# Loopback of the host, until the operator says otherwise.
PUBLISH = "${DREMPEL_PUBLISH:-127.0.0.1}"
CODE = "/opt/drempel/app"
GRACE = "35s"
_ONCE = ("databases", "migrate")
_INERT = "noexec,nosuid,nodev"
Yaml = dict[str, Any]


def words(process: Process) -> dict[str, str]:
    """Return what a container fills in for the words in braces."""
    service = process.service
    return {
        **service.words(),
        "settings": SETTINGS,
        "secrets": SECRETS,
        "data": f"{DATA}/{service.name}",
        "store": STORE,
        "scratch": SCRATCH[process.image],
        "code": CODE,
        "listen_host": ANYWHERE,
        "party_listen_host": ANYWHERE,
        "app_host": f"{service.name}-web",
        "database_host": f"{service.name}-database",
        "redis_host": f"{service.name}-redis",
        "party_host": f"{service.name}-worker",
    }


def compose(topology: Topology) -> Yaml:
    """Return the whole of compose.yaml."""
    return {
        "name": "drempel",
        "services": {one.name: container(one) for one in topology.processes},
        "networks": _networks(topology),
        "volumes": {
            f"{service.name}-{kind}": {}
            for service in topology.services
            for kind in ("data", "database", "redis")
        },
        "secrets": {
            secret_name(one.service, file): {"file": f"./secrets/{one.service.name}/{file}"}
            for one in topology.processes
            for file in one.secrets
        },
    }


def separate(topology: Topology) -> Yaml:
    """Return what one operator adds on a host of its own: ways out, and its parties' ports."""
    return {
        "services": {
            one.name: {"ports": [published(one.service.party_ports)]}
            for one in topology.processes
            if "mesh" in one.networks
        },
        "networks": {name: {"internal": False} for name in SHARED},
    }


def container(process: Process) -> Yaml:
    """Return one service of compose.yaml."""
    service, known = process.service, words(process)
    environment = {key: fill(text, known) for key, text in process.environment.items()}
    found: Yaml = {
        "image": IMAGES[process.image],
        "build": {"context": ".", "target": process.image},
        "profiles": [service.name, EVALUATION],
        "command": fill_all(process.command, known),
        "user": f"{process.user}:{service.user}",
        "environment": environment,
        **_hardening(process),
        "networks": {
            network_name(service, one): _alias(process, one) for one in process.networks
        },
        "secrets": [
            {"source": secret_name(service, file), "target": file} for file in process.secrets
        ],
        "volumes": _volumes(process),
        "depends_on": _depends(process),
        "restart": "on-failure:5" if process.once else "unless-stopped",
    }
    if process.health:
        found["healthcheck"] = _health(process, fill_all(process.health, known))
    if process.publish:
        found["ports"] = [published(service.port)]
    return {key: value for key, value in found.items() if value}


def published(port: int | str) -> str:
    """Return how a port, or a range of them, is made reachable from outside."""
    return f"{PUBLISH}:{port}:{port}"


def network_name(service: Service, network: str) -> str:
    """Return a network's name: shared ones have no service in front."""
    return network if network in SHARED else f"{service.name}-{network}"


def secret_name(service: Service, file: str) -> str:
    """Return a secret's name in compose.yaml."""
    return f"{service.name}-{file.replace('.', '-')}"


def _alias(process: Process, network: str) -> Yaml:
    """Return how the others on a network call a container besides its own name."""
    is_met = network == "api" and process.publish
    return {"aliases": [f"{process.service.name}.{DOMAIN}"]} if is_met else {}


def _networks(topology: Topology) -> Yaml:
    names = {
        network_name(one.service, network): one
        for one in topology.processes
        for network in one.networks
    }
    return {name: {} if name.endswith("-edge") else {"internal": True} for name in names}


def _hardening(process: Process) -> Yaml:
    whose = f"uid={process.user},gid={process.service.user}"
    return {
        "read_only": True,
        "init": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "tmpfs": [
            f"/tmp:size=64m,mode=1777,{_INERT}",  # noqa: S108 - the container's own
            f"{SCRATCH[process.image]}:size=128m,mode=0700,{whose},{_INERT}",
        ],
        "pids_limit": process.pids,
        "mem_limit": process.memory,
        "memswap_limit": process.memory,
        "ulimits": {"core": 0, "nofile": 4096},
        "stop_grace_period": GRACE,
        "logging": {"driver": "local", "options": {"max-size": "10m", "max-file": "3"}},
    }


def _volumes(process: Process) -> list[str]:
    name = process.service.name
    if process.image != APP:
        return [f"{name}-{process.kind}:{STORE}"]
    return [f"./settings/{name}:{SETTINGS}:ro", f"{name}-data:{DATA}"]


def _depends(process: Process) -> Yaml:
    return {
        f"{process.service.name}-{kind}": {
            "condition": "service_completed_successfully"
            if kind in _ONCE
            else "service_healthy"
        }
        for kind in process.after
    }


def _health(process: Process, command: list[str]) -> Yaml:
    return {
        "test": ["CMD", *command],
        "interval": "10s",
        "timeout": "5s",
        "retries": 6,
        "start_period": "60s" if process.image == APP else "30s",
    }
