"""A data folder belongs to one drempel, and its files are private and whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import serving
from cli.embedded.house import SERVICES, house_build
from cli.embedded.services import ROOT
from cli.errors import BadInput, CliError
from cli.folders import folder_held, folder_make, write_private


def test_a_folder_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for folder in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(BadInput) as error:
            folder_make(folder)
        assert error.value.sentence == f"{folder} is a file or lies in one; name a folder."


def test_a_folder_that_cannot_be_made_is_refused_in_one_sentence() -> None:
    for arguments in (["serve", "--data", "/proc/drempel"], ["serve", "--data", "/dev/null"]):
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 2
        assert done.stderr.startswith("drempel: ")
        assert done.stderr.count("\n") == 1
        assert arguments[-1] in done.stderr


def test_a_folder_is_held_by_one_at_a_time_and_nothing_stays(tmp_path: Path) -> None:
    with folder_held(tmp_path):
        with pytest.raises(BadInput) as error, folder_held(tmp_path):
            pass
        assert f"{tmp_path} is in use by another drempel" in error.value.sentence
    with folder_held(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_a_private_file_is_whole_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("old", "utf-8")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text("utf-8"), path.stat().st_mode & 0o777) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_that_fails_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    write_private(path, "old")

    def fail(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("cli.folders.os.fsync", fail)
    with pytest.raises(CliError):
        write_private(path, "new")
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_serving_prints_no_secret_but_where_it_is(tmp_path: Path) -> None:
    ports = {service: 20_000 + place for place, service in enumerate(SERVICES)}
    house = house_build(tmp_path / "house", ports, None)
    house.token_file.write_text("drempel_secret", "utf-8")
    text = "\n".join(serving.addresses(house))
    assert "drempel_secret" not in text
    assert f"Sign in at {house.portal_url}/ as " in text
    assert f"Her password: {house.password_file}" in text
    assert f"curl -H @{house.header_file} " in text
    assert house.header_file.read_text("utf-8") == "Authorization: Token drempel_secret\n"
    assert house.header_file.stat().st_mode & 0o777 == 0o600
