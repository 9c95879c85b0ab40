"""``drempel hold``: keys and terms in a folder, lists checked, decisions noted, hits out."""

import json
from pathlib import Path

import pytest

from cli.folders import folder_held
from cli.main import main
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.strict import to_base64
from tests.vectors.cast import ed25519
from tests.vectors.request_cast import request_manifest, sign_request_manifest

EXAMPLES = Path(__file__).parents[2] / "examples"
NODES = EXAMPLES / "formats" / "nodes.json"
REQUEST = EXAMPLES / "phishing.request.json"
HOLDING = EXAMPLES / "holding"


def hold(*arguments: object) -> int:
    return main(["hold", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    made = tmp_path / "holder"
    mine = tmp_path / "list.csv"
    mine.write_text("ipv4,192.0.2.7\n", encoding="utf-8")
    nodes = tmp_path / "nodes.json"
    # The nodes of the signed request of the vectors.
    document = json.loads(NODES.read_text())
    for entry, terms in zip(document["nodes"], request_manifest().nodes, strict=True):
        entry.update(identity_key=to_base64(terms.identity_key), url=terms.url)
    nodes.write_text(json.dumps(document))
    assert hold("init", made, "--name", "Waterland", "--nodes", nodes, "--list", mine) == 0
    capsys.readouterr()
    return made


def test_it_makes_keys_that_only_their_owner_reads(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hold("entry", folder) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry["name"] == "Waterland"
    assert entry["key"] != to_base64(public_bytes(ed25519("Holder One")))
    assert {oct(path.stat().st_mode & 0o777) for path in folder.glob("*.pem")} == {"0o600"}
    assert json.loads((folder / "hold.json").read_text())["consent"] == []
    assert hold("init", folder, "--name", "x", "--nodes", NODES, "--list", NODES) == 2


def test_it_notes_one_decision_and_says_how_far_each_is(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = tmp_path / "signed.json"
    request.write_text(json.dumps(sign_request_manifest(request_manifest()).to_json()))
    assert hold("refuse", folder, request) == 0
    assert hold("consent", folder, request) == 0
    assert hold("requests", folder) == 0
    said = capsys.readouterr().out
    assert f"{request_manifest().digest}  new  Requester: Seen these addresses?" in said
    # Its owners are others, so there is nothing to be done and nobody is called.
    assert hold("run", folder, "--once") == 0


def test_it_refuses_a_request_that_is_not_signed_by_all(folder: Path, tmp_path: Path) -> None:
    document = sign_request_manifest(request_manifest()).to_json()
    document["requester_signature"] = document["coordinator_signature"]
    request = tmp_path / "signed.json"
    request.write_text(json.dumps(document))
    assert hold("consent", folder, request) == 2
    assert list((folder / "requests").iterdir()) == []


def test_it_runs_alone_in_its_folder(folder: Path) -> None:
    with folder_held(folder):
        assert hold("run", folder, "--once") == 2
    assert hold("run", folder, "--once") == 0


def test_it_names_what_is_missing(folder: Path) -> None:
    terms = json.loads((folder / "hold.json").read_text())
    terms["list"]["path"] = "nowhere.csv"
    (folder / "hold.json").write_text(json.dumps(terms))
    assert hold("run", folder, "--once") == 2
    assert hold("run", folder, "--every", 0) == 2


def test_it_checks_a_list_and_groups_what_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = ["--form", "table", "--map", "dst ip=address", "--map", "dst host=domain"]
    warned = ["--warninglist", HOLDING / "own-network.warninglist.json"]
    data = HOLDING / "traffic.csv"
    assert hold("check", REQUEST, "--data", data, *table, *warned) == 0
    said = capsys.readouterr().out
    assert "Nothing was sent." in said
    assert "is on the warning list “Own network (invented)” (row 4)" in said
    assert "198.51.100" not in said
    assert hold("check", REQUEST, "--data", data, *table, "--json") == 0
    assert json.loads(capsys.readouterr().out)["left_out"]


@pytest.mark.parametrize("form", ["misp", "stix"])
def test_it_checks_files_of_other_systems(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = {"misp": "misp-event.json", "stix": "stix-bundle.json"}[form]
    assert hold("check", REQUEST, "--data", HOLDING / name, "--form", form, "--json") == 0
    assert json.loads(capsys.readouterr().out)["taken"] >= 2
    assert hold("check", REQUEST, "--data", HOLDING / "traffic.csv", "--form", form) == 2


def test_it_wants_columns_for_a_table_only() -> None:
    data = HOLDING / "traffic.csv"
    assert hold("check", REQUEST, "--data", data, "--form", "table") == 2
    assert hold("check", REQUEST, "--data", data, "--map", "a=ipv4") == 2
    assert hold("check", REQUEST, "--data", HOLDING / "nowhere.csv") == 2


@pytest.mark.parametrize("form", ["misp", "stix"])
def test_it_writes_own_hits_for_other_systems(tmp_path: Path, form: str) -> None:
    hits = tmp_path / "hits.json"
    document = {"format": "drempel-hits/1", "hit": True, "items": ["192.0.2.7"], "lines": [1]}
    hits.write_text(json.dumps(document))
    out = tmp_path / "out.json"
    given = ["sightings", hits, "--form", form, "--name", "Waterland", "--out", out]
    assert hold(*given, "--identifier", "ipv4") == 0
    assert "192.0.2.7" in out.read_text()
    assert out.stat().st_mode & 0o777 == 0o600
    assert hold(*given, "--identifier", "ipv4") == 2
    assert hold(*given, "--identifier", "shoe-size") == 2
