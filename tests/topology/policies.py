"""What compose.yaml must be like (security study, section 9): rules that return breaches."""

import re
from collections.abc import Callable
from typing import Any

Yaml = dict[str, Any]
Rule = Callable[[Yaml], list[str]]

SHARED = {"api", "mesh"}
ONCE = {"databases", "migrate"}
# What an image is pinned by: a version, never "latest" and never nothing.
PINNED = re.compile(r"[a-z-]+:\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?")
SECRET_WORDS = re.compile(r"(PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL)")
LIMITS = ("mem_limit", "memswap_limit", "pids_limit", "ulimits")
# A key or a token: long, with digits, and no path.
LONG = re.compile(r"(?=.*\d)[0-9a-zA-Z+_-]{24,}={0,2}")


def owner(name: str) -> str:
    """Return the service a container is of: node-a-web is of node-a."""
    return name.rpartition("-")[0]


def kind(name: str) -> str:
    """Return what a container is: node-a-web is a web."""
    return name.rpartition("-")[2]


def each(breach: Callable[[str, Yaml], bool]) -> Rule:
    """Return a rule about every container by itself."""
    return lambda file: [name for name, one in file["services"].items() if breach(name, one)]


def _runs_as_root(_name: str, one: Yaml) -> bool:
    user, _, group = str(one.get("user", "0")).partition(":")
    return not user.isdigit() or int(user) < 10000 or not group.isdigit() or int(group) < 10000


def _is_soft(_name: str, one: Yaml) -> bool:
    return (
        one.get("read_only") is not True
        or one.get("cap_drop") != ["ALL"]
        or "cap_add" in one
        or "no-new-privileges:true" not in one.get("security_opt", [])
        or one.get("privileged", False)
        or any(key in one for key in ("pid", "ipc", "network_mode", "devices", "userns_mode"))
    )


def _has_no_limits(_name: str, one: Yaml) -> bool:
    return any(key not in one for key in LIMITS) or one["ulimits"].get("core") != 0


def _has_no_health_check(name: str, one: Yaml) -> bool:
    if kind(name) in ONCE:
        return False
    check = one.get("healthcheck", {})
    return not check.get("test") or check.get("disable", False)


def _stops_too_soon(_name: str, one: Yaml) -> bool:
    return one.get("stop_grace_period") != "35s"


def _logs_without_end(_name: str, one: Yaml) -> bool:
    log = one.get("logging", {})
    return log.get("driver") != "local" or set(log.get("options", {})) != {
        "max-size",
        "max-file",
    }


def _publishes(name: str, one: Yaml) -> bool:
    """Only web interfaces are reachable from outside, each by the port it listens on."""
    ports = one.get("ports", [])
    if kind(name) != "web":
        return bool(ports)
    return len(ports) != 1 or not re.fullmatch(
        r"\$\{DREMPEL_PUBLISH:-127\.0\.0\.1\}:(\d+):\1", str(ports[0])
    )


def _tells_a_secret(_name: str, one: Yaml) -> bool:
    for key, value in one.get("environment", {}).items():
        if SECRET_WORDS.search(key) and not str(value).startswith("/run/secrets/"):
            return True
        if not str(value).startswith("/") and LONG.fullmatch(str(value)):
            return True
    return any(LONG.fullmatch(str(word)) for word in one.get("command", []))


def _writes_where_it_may_not(_name: str, one: Yaml) -> bool:
    """What is mounted is a volume of its own or a folder read only; tmpfs may run nothing."""
    for mount in one.get("volumes", []):
        source, _, rest = str(mount).partition(":")
        if source.startswith((".", "/")) and not rest.endswith(":ro"):
            return True
    return any(
        not {"noexec", "nosuid", "nodev"} <= set(one_fs.partition(":")[2].split(","))
        or "size=" not in one_fs
        for one_fs in one.get("tmpfs", [])
    )


def _is_not_pinned(_name: str, one: Yaml) -> bool:
    return not PINNED.fullmatch(str(one.get("image", "")))


def _starts_with_the_others(name: str, one: Yaml) -> bool:
    return set(one.get("profiles", [])) != {owner(name), "evaluation"}


def networks(file: Yaml) -> dict[str, set[str]]:
    """Return every network with the containers on it."""
    found: dict[str, set[str]] = {name: set() for name in file["networks"]}
    for name, one in file["services"].items():
        for network in one.get("networks", ["default"]):
            found.setdefault(network, set()).add(name)
    return found


def shared_networks(file: Yaml) -> list[str]:
    """No network joins two services but the two that are meant to."""
    return [
        network
        for network, members in networks(file).items()
        if network not in SHARED and len({owner(one) for one in members}) != 1
    ]


def open_networks(file: Yaml) -> list[str]:
    """Only an edge leads anywhere, and nothing but a web interface stands on it."""
    return [
        network
        for network, members in networks(file).items()
        if (file["networks"].get(network) or {}).get("internal") is not True
        and (not network.endswith("-edge") or {kind(one) for one in members} != {"web"})
    ]


def mesh_members(file: Yaml) -> list[str]:
    """The mesh is for the nodes' workers, whose parties meet there."""
    return sorted(networks(file).get("mesh", set()) ^ {f"node-{one}-worker" for one in "abc"})


def reachable(file: Yaml) -> list[str]:
    """A database or Redis is reached by its own service alone, on a network of its own."""
    breaches = []
    for name, one in file["services"].items():
        if kind(name) not in {"database", "redis"}:
            continue
        near = {
            other
            for network in one.get("networks", ["default"])
            for other in networks(file)[network]
        }
        wanted = {f"{owner(name)}-{part}" for part in ("web", "worker")} | {name}
        if kind(name) == "database":
            wanted |= {f"{owner(name)}-{part}" for part in ONCE}
        if near != wanted or len(one.get("networks", [])) != 1:
            breaches.append(name)
    return breaches


def foreign_secrets(file: Yaml) -> list[str]:
    """A container gets its own service's secrets, from that service's folder."""
    breaches = []
    for name, one in file["services"].items():
        for secret in one.get("secrets", []):
            source = secret["source"]
            path = file["secrets"].get(source, {}).get("file", "")
            if not path.startswith(f"./secrets/{owner(name)}/"):
                breaches.append(f"{name} {source}")
    return breaches


KEPT_FROM = {
    "web": {"wrapping-key", "database-owner-password", "issuing-owner-password"},
    "worker": {"database-owner-password", "issuing-owner-password"},
    "databases": {
        "secret-key",
        "second-factor-key",
        "identity-pem",
        "wrapping-key",
        "signing-pem",
        "tls-key-pem",
    },
    "migrate": {"database-password", "issuing-password", "wrapping-key", "tls-key-pem"},
    "database": {"identity-pem", "database-password", "database-owner-password", "tls-key-pem"},
    "redis": {"redis-password"},
}


def too_many_secrets(file: Yaml) -> list[str]:
    """Web never has the wrapping key; who serves never has the owner's password; and so on."""
    return [
        f"{name} {secret['source']}"
        for name, one in file["services"].items()
        for secret in one.get("secrets", [])
        if secret["source"].removeprefix(f"{owner(name)}-")
        in KEPT_FROM[kind(name)] | ({"database-admin-password"} & _not_admin(name))
    ]


def _not_admin(name: str) -> set[str]:
    return set() if kind(name) in {"databases", "database"} else {"database-admin-password"}


def shared_volumes(file: Yaml) -> list[str]:
    """Nobody writes into another service's volume."""
    users: dict[str, set[str]] = {}
    for name, one in file["services"].items():
        for mount in one.get("volumes", []):
            users.setdefault(str(mount).partition(":")[0], set()).add(owner(name))
    return [volume for volume, owners in users.items() if len(owners) != 1]


def same_users(file: Yaml) -> list[str]:
    """No two services have a user in common, and a database is not its client."""
    users: dict[str, set[tuple[str, str]]] = {}
    for name, one in file["services"].items():
        what = kind(name) if kind(name) in {"database", "redis"} else "app"
        users.setdefault(str(one.get("user")).partition(":")[0], set()).add((owner(name), what))
    return [user for user, who in users.items() if len(who) != 1]


RULES: dict[str, Rule] = {
    "nobody is root": each(_runs_as_root),
    "nothing is privileged, all is read only": each(_is_soft),
    "memory, processes and core files are limited": each(_has_no_limits),
    "every service has a health check": each(_has_no_health_check),
    "stopping takes at most what the product promises": each(_stops_too_soon),
    "logs are local and bounded": each(_logs_without_end),
    "only web interfaces publish a port": each(_publishes),
    "no secret in environment or arguments": each(_tells_a_secret),
    "only volumes are written to": each(_writes_where_it_may_not),
    "images are pinned": each(_is_not_pinned),
    "one operator can run one service": each(_starts_with_the_others),
    "no network joins two services": shared_networks,
    "only edges lead outside": open_networks,
    "the mesh is for parties": mesh_members,
    "a database has one client": reachable,
    "secrets are one's own": foreign_secrets,
    "secrets are as few as can be": too_many_secrets,
    "volumes are one's own": shared_volumes,
    "users are one's own": same_users,
}
