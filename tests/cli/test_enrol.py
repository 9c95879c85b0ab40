"""Enrol a partner, and put partners' entries together, without writing over anything."""

import json
from pathlib import Path

import pytest

from cli.errors import BAD_INPUT
from cli.installing.keys import partner_key_load
from cli.main import main
from mpcengine.protocol.partners import parse_partners_file
from mpcengine.protocol.signing import point_bytes


def enrol(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> Path:
    """Enrol a partner and return the file of its entry."""
    assert main(["enrol", "--name", name, "--out", str(folder / f"{name}.pem")]) == 0
    entry = folder / f"{name}.json"
    entry.write_text(capsys.readouterr().out, "utf-8")
    return entry


def test_it_makes_a_key_and_prints_its_entry_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = enrol(tmp_path, "North", capsys)
    key = tmp_path / "North.pem"
    assert key.stat().st_mode & 0o077 == 0
    (one,) = parse_partners_file(json.loads(entry.read_text("utf-8"))).partners
    assert (one.name, one.key) == ("North", point_bytes(partner_key_load(key)))
    assert main(["enrol", "--name", "North", "--show", str(key)]) == 0
    shown = capsys.readouterr()
    assert shown.out == entry.read_text("utf-8")
    said = shown.err.replace(" ", "")
    assert one.fingerprint.removeprefix("sha256:") in said
    assert "PRIVATE" not in shown.out + shown.err


def test_it_writes_over_no_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    enrol(tmp_path, "North", capsys)
    before = (tmp_path / "North.pem").read_bytes()
    code = main(["enrol", "--name", "North", "--out", str(tmp_path / "North.pem")])
    assert code == BAD_INPUT
    assert (tmp_path / "North.pem").read_bytes() == before


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "x" * 201])
def test_it_makes_no_key_for_a_name_that_will_not_do(tmp_path: Path, name: str) -> None:
    code = main(["enrol", "--name", name, "--out", str(tmp_path / "key.pem")])
    assert code == BAD_INPUT
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"rubbish", None], ids=str)
def test_it_says_what_is_no_partners_key(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key.pem"
    if content is None:
        assert main(["install", "coordinator", "--out", str(path)]) == 0
    else:
        path.write_bytes(content)
    assert main(["enrol", "--name", "North", "--show", str(path)]) == BAD_INPUT


def test_an_operator_adds_partners_to_her_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    north, south, east = (enrol(tmp_path, name, capsys) for name in ("North", "South", "East"))
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    join = ["install", "partners", "--out"]
    assert main([*join, str(first), str(north), str(south)]) == 0
    assert main([*join, str(second), str(first), str(north), str(east)]) == 0
    said = capsys.readouterr().out.replace(" ", "")
    partners = parse_partners_file(json.loads(second.read_text("utf-8"))).partners
    assert [one.name for one in partners] == ["North", "South", "East"]
    assert all(one.fingerprint.removeprefix("sha256:") in said for one in partners)
    assert main([*join, str(second), str(north)]) == BAD_INPUT


def test_it_lets_nobody_take_a_confirmed_partner_s_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    north = enrol(tmp_path, "North", capsys)
    (tmp_path / "puppet").mkdir()
    puppet = enrol(tmp_path / "puppet", "North", capsys)
    out = tmp_path / "joined.json"
    assert main(["install", "partners", "--out", str(out), str(north), str(puppet)]) == 2
    assert not out.exists()
