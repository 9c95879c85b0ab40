"""compose.yaml follows from the topology, keeps every rule, and each rule can be broken."""

import copy
from collections.abc import Callable

import pytest
import yaml

from deploy.generate import COMPOSE, SEPARATE, texts
from tests.topology.policies import RULES, Yaml

FILE: Yaml = yaml.safe_load(COMPOSE.read_text("utf-8"))


def one(file: Yaml, name: str) -> Yaml:
    found: Yaml = file["services"][name]
    return found


# What breaks which rule. A rule may be broken in several ways.
BREAKS: list[tuple[str, Callable[[Yaml], object]]] = [
    ("nobody is root", lambda f: one(f, "relay-web").update(user="0:0")),
    ("nobody is root", lambda f: one(f, "relay-web").update(user="10020:0")),
    ("nobody is root", lambda f: one(f, "node-a-redis").pop("user")),
    (
        "nothing is privileged, all is read only",
        lambda f: one(f, "portal-web").update(read_only=False),
    ),
    (
        "nothing is privileged, all is read only",
        lambda f: one(f, "portal-web").update(cap_add=["NET_ADMIN"]),
    ),
    (
        "nothing is privileged, all is read only",
        lambda f: one(f, "node-c-database").pop("cap_drop"),
    ),
    (
        "nothing is privileged, all is read only",
        lambda f: one(f, "node-c-worker").update(network_mode="host"),
    ),
    (
        "nothing is privileged, all is read only",
        lambda f: one(f, "node-b-worker").update(security_opt=[]),
    ),
    (
        "memory, processes and core files are limited",
        lambda f: one(f, "node-b-worker").pop("mem_limit"),
    ),
    (
        "memory, processes and core files are limited",
        lambda f: one(f, "node-b-redis").update(ulimits={"nofile": 4096}),
    ),
    ("every service has a health check", lambda f: one(f, "portal-redis").pop("healthcheck")),
    (
        "every service has a health check",
        lambda f: one(f, "node-a-web")["healthcheck"].update(disable=True),
    ),
    (
        "stopping takes at most what the product promises",
        lambda f: one(f, "node-a-worker").update(stop_grace_period="10s"),
    ),
    ("logs are local and bounded", lambda f: one(f, "relay-web").pop("logging")),
    (
        "only web interfaces publish a port",
        lambda f: one(f, "node-a-database").update(ports=["5443:5443"]),
    ),
    (
        "only web interfaces publish a port",
        lambda f: one(f, "node-a-web").update(ports=["8451:8451"]),
    ),
    (
        "no secret in environment or arguments",
        lambda f: one(f, "node-a-database")["environment"].update(POSTGRES_PASSWORD="hunter2"),
    ),
    (
        "no secret in environment or arguments",
        lambda f: one(f, "portal-web")["environment"].update(OTHER="3f" * 32),
    ),
    (
        "no secret in environment or arguments",
        lambda f: one(f, "portal-redis")["command"].append("3f" * 32),
    ),
    (
        "only volumes are written to",
        lambda f: one(f, "node-a-web")["volumes"].append("./code:/opt/drempel"),
    ),
    (
        "only volumes are written to",
        lambda f: one(f, "node-a-web")["tmpfs"].append("/cache:size=1m"),
    ),
    ("images are pinned", lambda f: one(f, "relay-redis").update(image="redis:latest")),
    ("images are pinned", lambda f: one(f, "relay-redis").update(image="redis")),
    (
        "one operator can run one service",
        lambda f: one(f, "node-b-web").update(profiles=["evaluation"]),
    ),
    (
        "no network joins two services",
        lambda f: one(f, "node-b-web")["networks"].update({"node-a-database": {}}),
    ),
    ("no network joins two services", lambda f: one(f, "node-b-web").pop("networks")),
    ("only edges lead outside", lambda f: f["networks"].update(mesh={})),
    (
        "only edges lead outside",
        lambda f: one(f, "node-a-worker")["networks"].update({"node-a-edge": {}}),
    ),
    ("the mesh is for parties", lambda f: one(f, "relay-worker")["networks"].update(mesh={})),
    (
        "a database has one client",
        lambda f: one(f, "node-b-worker")["networks"].update({"node-a-queue": {}}),
    ),
    (
        "a database has one client",
        lambda f: one(f, "node-b-database")["networks"].update(api={}),
    ),
    (
        "secrets are one's own",
        lambda f: one(f, "node-b-web")["secrets"].append(
            {"source": "node-a-identity-pem", "target": "peer.pem"}
        ),
    ),
    (
        "secrets are one's own",
        lambda f: f["secrets"]["node-b-identity-pem"].update(
            file="./secrets/node-a/identity.pem"
        ),
    ),
    (
        "secrets are as few as can be",
        lambda f: one(f, "node-b-web")["secrets"].append(
            {"source": "node-b-wrapping-key", "target": "wrapping.key"}
        ),
    ),
    (
        "secrets are as few as can be",
        lambda f: one(f, "node-b-worker")["secrets"].append(
            {"source": "node-b-database-admin-password", "target": "admin"}
        ),
    ),
    (
        "volumes are one's own",
        lambda f: one(f, "relay-web")["volumes"].append("portal-data:/elsewhere"),
    ),
    ("users are one's own", lambda f: one(f, "node-a-redis").update(user="10030:10030")),
    ("users are one's own", lambda f: one(f, "node-a-web").update(user="10040:10040")),
]


def test_it_is_what_the_topology_says() -> None:
    """If this fails: python -m deploy.generate."""
    assert {path.name: path.read_text("utf-8") == text for path, text in texts().items()} == {
        COMPOSE.name: True,
        SEPARATE.name: True,
    }


@pytest.mark.parametrize("rule", RULES)
def test_it_keeps_the_rule(rule: str) -> None:
    assert RULES[rule](FILE) == []


@pytest.mark.parametrize(("rule", "change"), BREAKS)
def test_it_notices_a_breach(rule: str, change: Callable[[Yaml], object]) -> None:
    broken = copy.deepcopy(FILE)
    change(broken)
    assert RULES[rule](broken) != []


def test_it_knows_a_breach_of_every_rule() -> None:
    assert {rule for rule, _ in BREAKS} == set(RULES)


def test_it_has_five_services_of_the_same_parts() -> None:
    parts = {"database", "redis", "databases", "migrate", "web", "worker"}
    services = {"portal", "relay", "node-a", "node-b", "node-c"}
    assert set(FILE["services"]) == {f"{one}-{part}" for one in services for part in parts}


def test_it_defines_what_it_names_and_names_what_it_defines() -> None:
    every = FILE["services"].values()
    assert {name for found in every for name in found["networks"]} == set(FILE["networks"])
    assert {s["source"] for found in every for s in found["secrets"]} == set(FILE["secrets"])
    named = {mount.partition(":")[0] for found in every for mount in found["volumes"]}
    assert {name for name in named if name[0] != "."} == set(FILE["volumes"])
    assert {name for found in every for name in found.get("depends_on", {})} <= set(
        FILE["services"]
    )


def test_it_adds_only_parties_ports_for_a_node_on_its_own_host() -> None:
    extra = yaml.safe_load(SEPARATE.read_text("utf-8"))
    assert set(extra) == {"services", "networks"}
    assert set(extra["networks"]) == {"api", "mesh"}
    assert set(extra["services"]) == {f"node-{name}-worker" for name in "abc"}
    for found in extra["services"].values():
        assert set(found) == {"ports"}
        assert all(
            port.startswith("${DREMPEL_PUBLISH:-127.0.0.1}:9") for port in found["ports"]
        )


def test_it_names_no_registry() -> None:
    """An image's name has no host in front: nothing here says where images come from."""
    assert all("/" not in found["image"] for found in FILE["services"].values())
