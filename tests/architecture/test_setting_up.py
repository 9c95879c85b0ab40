"""On a machine that lacks something, one sentence says what to install, and nothing is left."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files, text

# A Python that is new enough or not, and that has Debian's venv package or not.
STAND_IN = """#!/bin/sh
case "$2" in
*version_info\\ \\<*) exit {old} ;;
*ensurepip*) exit {bare} ;;
*) exec {python} "$@" ;;
esac
"""


def make(folder: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "Makefile", folder / "Makefile")
    return subprocess.run(
        [shutil.which("make") or "make", "--no-print-directory", *arguments],
        cwd=folder,
        env={"PATH": path or os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


def stand_in(folder: Path, *, old: int = 0, bare: int = 0) -> str:
    program = folder / "python"
    program.write_text(STAND_IN.format(old=old, bare=bare, python=sys.executable))
    program.chmod(0o755)
    return f"PYTHON={program}"


def only_line(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.returncode == 2
    said = [line for line in ended.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1, ended.stderr
    return said[0]


def test_it_names_the_package_that_makes_environments(tmp_path: Path) -> None:
    line = only_line(make(tmp_path, ".venv/bin/python", stand_in(tmp_path, bare=1)))
    assert f"python{sys.version_info[0]}.{sys.version_info[1]}-venv" in line
    assert not (tmp_path / ".venv").exists()


def test_it_says_that_python_is_too_old(tmp_path: Path) -> None:
    line = only_line(make(tmp_path, ".venv/bin/python", stand_in(tmp_path, old=1)))
    assert "older than Python 3.11" in line
    assert not (tmp_path / ".venv").exists()


def test_it_says_that_there_is_no_python(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "sed", "test", "echo"):
        (tools / name).symlink_to(shutil.which(name) or name)
    line = only_line(make(tmp_path, ".venv/bin/python", path=str(tools)))
    assert "needs Python 3.11" in line


def test_it_shows_help_first(tmp_path: Path) -> None:
    shown = make(tmp_path).stdout
    assert shown == make(tmp_path, "help").stdout
    assert "make demo" in shown
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("name", [path.name for path in files() if path.suffix == ".in"])
def test_it_has_a_lock_for_what_it_names(name: str) -> None:
    wanted = [line for line in text(Path("requirements", name)).splitlines() if line[0] != "#"]
    lock = "run.txt" if name == "build.in" else name.replace(".in", ".txt")
    locked = text(Path("requirements", lock))
    assert all(f"\n{one.partition('>=')[0]}==" in locked for one in wanted)


def test_it_runs_everything_that_needs_services() -> None:
    """A test with this mark runs in no other target: the default suite leaves it out."""
    command = [shutil.which("make") or "make", "--dry-run", "test-services"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wanted = tuple(word for word in said.split() if word.startswith("tests/"))
    marked = [
        str(one)
        for one in files()
        if one.parts[0] == "tests"
        and one.name.startswith("test_")
        and f"mark.{'services'}" in text(one)
    ]
    assert len(marked) > 5
    assert [one for one in marked if not one.startswith(wanted)] == []
