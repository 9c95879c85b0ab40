"""``drempel install``: whole private folders, nothing overwritten, three entries one file."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.installing.certificates import certificate_pin
from cli.installing.entries import document_digest, spoken
from cli.main import main
from mpcengine.protocol.canonical import parse_json
from mpcengine.protocol.nodesfile import parse_nodes_file
from mpcengine.protocol.policy import parse_policy

NODE = ("install", "node", "--node", "a", "--name", "Anna's node")
URL = ("--url", "https://node-a.example:8451")


def read(path: Path) -> Any:
    return parse_json(path.read_bytes(), file=True)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def entry(tmp_path: Path) -> Callable[..., str]:
    def make(node: str, url: str = "") -> str:
        folder = tmp_path / f"node-{node}"
        address = url or f"https://node-{node}.example:8451"
        own = ("--folder", str(folder), "--url", address)
        assert main(["install", "node", "--node", node, "--name", node.upper(), *own]) == 0
        return str(folder / "node-entry.json")

    return make


def test_it_makes_a_node_that_only_its_owner_can_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "node"
    assert main([*NODE, *URL, "--folder", str(folder)]) == 0
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()}
    assert modes == {0o600}
    folders = {folder, *(path for path in folder.iterdir() if path.is_dir())}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    service, migrate = read(folder / "service.json"), read(folder / "migrate.json")
    files = {key: Path(value) for key, value in service.items() if key.endswith("_file")}
    later = {"nodes_file", "log_file", "events_file"}
    assert all(path.is_file() for key, path in files.items() if key not in later)
    assert service["database_user"] != migrate["database_user"]
    assert service["issuing_database_user"] != migrate["issuing_database_user"]
    assert service["embedded"] is False
    assert (service["node"], service["index"]) == ("a", 1)
    # What is printed is for everybody: no secret is in it.
    told = capsys.readouterr().out
    entry_document = read(folder / "node-entry.json")
    assert spoken(document_digest(entry_document)) in told
    for path in folder.iterdir():
        if path.is_file() and path.name not in {"node-entry.json", "policy.json"}:
            assert path.read_text("utf-8").strip() not in told


def test_it_pins_its_own_certificate(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    assert main([*NODE, *URL, "--folder", str(folder)]) == 0
    given = read(folder / "node-entry.json")["entry"]
    assert given["pin"] == certificate_pin(folder / "tls-certificate.pem")


def test_it_starts_with_a_policy_above_the_products_floors(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    key = "GKrgt0C2kHQeloS0SxdlOayY0uqscizHV9AxQk7MBdc="
    assert main([*NODE, *URL, "--folder", str(folder), "--coordinator", key]) == 0
    policy = parse_policy(read(folder / "policy.json"))
    assert policy.floors == {"person": 10, "organisation": 5}
    assert len(policy.coordinators) == 1
    assert not policy.test


def test_it_leaves_what_is_there_alone(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    folder.mkdir()
    (folder / "identity.pem").write_text("mine", "utf-8")
    assert main([*NODE, *URL, "--folder", str(folder)]) == 2
    assert names(folder) == {"identity.pem"}
    assert (folder / "identity.pem").read_text("utf-8") == "mine"
    assert names(tmp_path) == {"node"}


@pytest.mark.parametrize(
    "wrong",
    [
        ("--url", "http://node-a.example"),
        ("--url", "https://node-a.example/path"),
        ("--url", "https://node-a.example:99999"),
        (*URL, "--party-ports", "9016-9001"),
        (*URL, "--coordinator", "short"),
        (*URL, "--certificate", "only-one.pem"),
        (*URL, "--database-port", "0"),
        (*URL, "--name", " "),
    ],
    ids=lambda wrong: "-".join(wrong[-2:]),
)
def test_it_makes_nothing_of_what_cannot_be_meant(
    wrong: tuple[str, ...], tmp_path: Path
) -> None:
    assert main([*NODE, *wrong, "--folder", str(tmp_path / "node")]) == 2
    assert names(tmp_path) == set()


def test_it_names_a_proxy_instead_of_a_certificate(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    assert main([*NODE, *URL, "--folder", str(folder), "--behind-proxy"]) == 0
    service = read(folder / "service.json")
    assert service["behind_proxy"] is True
    assert "tls_key_file" not in service
    assert service["listen_host"] == "127.0.0.1"
    assert "pin" not in read(folder / "node-entry.json")["entry"]


def test_it_pins_a_given_certificate_only_when_asked(
    tmp_path: Path, entry: Callable[..., str]
) -> None:
    other = Path(entry("b")).parent
    certificate, key = other / "tls-certificate.pem", other / "tls-key.pem"
    given = ("--certificate", str(certificate), "--certificate-key", str(key))
    for name, more, has_pin in (("one", (), False), ("two", ("--pin",), True)):
        folder = tmp_path / name
        assert main([*NODE, *URL, *given, *more, "--folder", str(folder)]) == 0
        assert ("pin" in read(folder / "node-entry.json")["entry"]) is has_pin
        assert read(folder / "service.json")["tls_certificate_file"] == given[1]
        assert not (folder / "tls-key.pem").exists()


def test_it_joins_three_entries_in_any_order(
    tmp_path: Path, entry: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [entry(node) for node in "cab"]
    out = tmp_path / "nodes.json"
    capsys.readouterr()
    assert main(["install", "join", *entries, "--out", str(out)]) == 0
    nodes = parse_nodes_file(read(out))
    assert [one.node for one in nodes.nodes] == ["a", "b", "c"]
    told = capsys.readouterr().out
    assert spoken(document_digest(read(out))) in told
    for path in entries:
        assert spoken(document_digest(read(Path(path)))) in told
    assert main(["install", "join", *entries, "--out", str(out)]) == 2


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://Node-A.Example:443/", "https://node-a.example"),
        ("https://node-a.EXAMPLE:8451", "https://node-a.example:8451"),
    ],
)
def test_it_keeps_an_address_in_the_form_that_browsers_give_it(
    entry: Callable[..., str], typed: str, kept: str
) -> None:
    assert read(Path(entry("a", typed)))["entry"]["url"] == kept


def test_it_joins_no_two_of_a_kind(tmp_path: Path, entry: Callable[..., str]) -> None:
    a, b, c = (entry(node) for node in "abc")
    out = tmp_path / "nodes.json"
    assert main(["install", "join", a, a, b, "--out", str(out)]) == 2
    document = read(Path(c))
    for changed in (
        {**document["entry"], "identity_key": read(Path(a))["entry"]["identity_key"]},
        {**document["entry"], "url": read(Path(a))["entry"]["url"]},
        {**document["entry"], "pin": "sha256:00"},
    ):
        Path(c).write_text(json.dumps({**document, "entry": changed}), "utf-8")
        assert main(["install", "join", a, b, c, "--out", str(out)]) == 2
    assert not out.exists()


def test_it_gives_portal_and_relay_one_token(tmp_path: Path) -> None:
    portal, relay = tmp_path / "portal", tmp_path / "relay"
    urls = ("https://portal.example", "https://relay.example:8444")
    given = ("--url", urls[0], "--relay-url", urls[1])
    assert main(["install", "portal", "--folder", str(portal), *given]) == 0
    token = ("--token-file", str(portal / "relay-token"))
    assert main(["install", "relay", "--folder", str(relay), "--url", urls[1], *token]) == 0
    assert (portal / "relay-token").read_text() == (relay / "relay-token").read_text()
    assert read(portal / "service.json")["relay_url"] == urls[1]
    assert read(portal / "service.json")["port"] == 443
    wrong = ("--token-file", str(relay / "policy.json"))
    other = ("--folder", str(tmp_path / "other"), "--url", urls[1])
    assert main(["install", "relay", *other, *wrong]) == 2
    assert names(tmp_path) == {"portal", "relay"}


def test_it_wants_a_relay_of_another_host_name(tmp_path: Path) -> None:
    given = ("--url", "https://drempel.example", "--relay-url", "https://drempel.example:8444")
    assert main(["install", "portal", "--folder", str(tmp_path / "portal"), *given]) == 2
    assert names(tmp_path) == set()


def test_it_makes_a_coordinators_key_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "coordinator.pem"
    assert main(["install", "coordinator", "--out", str(out)]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    key, before = capsys.readouterr().out.splitlines()[-1], out.read_text("utf-8")
    node = (*NODE, *URL, "--folder", str(tmp_path / "node"), "--coordinator", key)
    assert main(list(node)) == 0
    assert main(["install", "coordinator", "--out", str(out)]) == 2
    assert out.read_text("utf-8") == before
