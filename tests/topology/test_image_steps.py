"""The app image's steps, done with a plain shell in a folder: no engine is needed to try them.

What an engine adds is not tried here: layers, users of images, mounts. What the steps leave is
then made read only and run by a user who owns nothing of it, as in a container.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.topology import CODE
from tests.topology.dockerfile import read

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

INSIDE = "/opt/drempel"
USER = 10030


def copied(root: Path, folder: Path, text: str) -> None:
    """Do one COPY: files and folders of ours to a place in the image."""
    *sources, target = shlex.split(text)
    for source in sources:
        for path in sorted(CODE.glob(source)):
            place = folder / target
            if path.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(path, place, ignore=ignored)
            else:
                place = place / path.name if target.endswith("/") else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)
    assert root in folder.parents


@pytest.fixture(scope="module")
def top() -> Iterator[Path]:
    """A folder that other users may look into, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="drempel-image-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
        subprocess.run(["chmod", "-R", "u+w", path], check=True)


@pytest.fixture
def scratch(top: Path) -> Iterator[Path]:
    """A private folder for one run."""
    path = top / "scratch"
    path.mkdir(mode=0o700)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def image(top: Path) -> Path:
    """The folder that is /opt/drempel in the image, built by the Dockerfile's own steps."""
    root = top / "drempel"
    folder = root / "app"
    folder.mkdir(parents=True)
    tools = top / "tools"
    tools.mkdir()
    system = Path("/usr/bin", f"python3.{sys.version_info[1]}")
    (tools / "python").symlink_to(system if system.exists() else sys.executable)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    for word, text in read(CODE / "Dockerfile")["build"].instructions:
        if word == "COPY":
            copied(root, folder, text)
        elif word == "RUN":
            command = ["sh", "-c", text.replace(INSIDE, str(root))]
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{text}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        else:
            assert word in {"ENV", "WORKDIR"}
    subprocess.run(["chmod", "-R", "a-w", root], check=True)
    return root


def run(image: Path, scratch: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in the image through its entry, as a user who owns nothing of it."""
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(scratch, USER, USER)
    return subprocess.run(
        [str(image / "venv/bin/python"), "-m", "deploy.entry", *command],
        cwd=image / "app",
        env={
            "PATH": f"{image}/venv/bin:/usr/bin:/bin",
            "NUMBA_CACHE_DIR": str(scratch / "numba"),
            "TMPDIR": str(scratch),
            "DREMPEL_COMPILED": str(image / "numba"),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        user=USER if is_root else None,
        group=USER if is_root else None,
        extra_groups=[] if is_root else None,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def loops(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_runs_from_a_read_only_folder_without_compiling(image: Path, scratch: Path) -> None:
    done = run(image, scratch, "python", "-m", "mpcengine.kernels.warm")
    assert done.returncode == 0, done.stderr
    # Taken as they were made: nothing was compiled here.
    assert loops(scratch / "numba") == loops(image / "numba") != {}
    assert (scratch / "numba").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "command",
    [
        ("drempel", "--help"),
        ("python", "-m", "gunicorn", "--version"),
        ("python", "-m", "celery", "--version"),
        ("python", "-I", "-c", "import mpcengine.party.program"),
    ],
)
def test_it_has_every_program(image: Path, scratch: Path, command: tuple[str, ...]) -> None:
    done = run(image, scratch, *command)
    assert done.returncode == 0, done.stderr


def test_it_has_no_tools_left(image: Path) -> None:
    programs = {path.name for path in (image / "venv/bin").iterdir()}
    assert not {name for name in programs if name.startswith("pip")}
    assert not list((image / "venv").glob("lib/*/site-packages/setuptools"))
    assert not (image / "app/tests").exists()
