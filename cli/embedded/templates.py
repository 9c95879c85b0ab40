"""Make, at install time, what every embedded start copies: empty databases and compiled loops.

``python -m cli.templates`` is called by ``make install``; a start that finds the templates
missing or out of date makes them first. They stand in ``build/embedded`` beside a stamp of
everything that shapes them.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from cli.embedded.house import DATABASES, SERVICES, House, house_build, role_of
from cli.embedded.services import ROOT, manage_program
from cli.embedded.services_file import Services
from cli.embedded.storage import Storage, templates_lent, templates_make
from cli.errors import CliError

BUILD = ROOT / "build"
FOLDER = BUILD / "embedded"
STAMP = "stamp"
SECONDS = 180
# What the databases and the compiled loops follow from.
_SOURCES = ("*/migrations/*.py", "mpcengine/kernels/*.py", "cli/embedded/templates.py")
_MODELS = ("portal", "relay", "node-a")


def templates_ready() -> Path:
    """Return the folder of up-to-date templates, made now if need be; raise CliError."""
    stamp = _stamp()
    if _is_fresh(stamp):
        return FOLDER
    try:
        BUILD.mkdir(exist_ok=True)
        with _locked(BUILD / "embedded.lock"):
            if not _is_fresh(stamp):
                _make(stamp)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise CliError(f"{BUILD} cannot be made ready ({reason}); run make install.") from error
    return FOLDER


def _is_fresh(stamp: str) -> bool:
    try:
        return (FOLDER / STAMP).read_text("ascii") == stamp
    except OSError:
        return False


def _stamp() -> str:
    found = hashlib.sha256(sys.version.encode())
    for pattern in _SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            # numba's cache knows a source by its path and time, not by its content.
            times = path.stat().st_mtime_ns if "kernels" in path.parts else 0
            found.update(f"{path.relative_to(ROOT)} {times}\n".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(stamp: str) -> None:
    """Build everything in a folder beside, then put it in place at once."""
    with tempfile.TemporaryDirectory(prefix="embedded-", dir=BUILD) as made:
        draft, house_folder = Path(made) / "templates", Path(made) / "house"
        ports = {service: 1024 + place for place, service in enumerate(SERVICES)}
        house = house_build(house_folder, ports, None)
        draft.mkdir(mode=0o700)
        for service in _MODELS:
            for name in DATABASES[role_of(service)]:
                _migrate(house, service, "issuing" if "issuing" in name else "default")
                shutil.copyfile(house.service_folder(service) / name, draft / name)
        (draft / "numba").mkdir(mode=0o700)
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(draft / "numba")}
        _call(["mpcengine.kernels.warm"], environment)
        (draft / STAMP).write_text(stamp, "ascii")
        shutil.rmtree(FOLDER, ignore_errors=True)
        draft.replace(FOLDER)


@contextmanager
def templates_on(services: Services) -> Iterator[str]:
    """Yield the mark of migrated template databases in PostgreSQL; raise CliError."""
    with tempfile.TemporaryDirectory(prefix="drempel-templates-") as made:

        def migrate(storage: Storage) -> None:
            _make_on(storage, Path(made) / "house")

        with templates_lent(services, migrate) as mark:
            yield mark


def _make_on(storage: Storage, folder: Path) -> None:
    ports = {service: 1024 + place for place, service in enumerate(SERVICES)}
    house = house_build(folder, ports, None, storage=storage)
    wanted = [
        (service, kind, one)
        for service in _MODELS
        for kind, one in storage.wanted(service, house.service_folder(service))
    ]
    templates_make(storage, [one for _, _, one in wanted])
    with ThreadPoolExecutor(2) as pool:
        aliases = {"issuing": "issuing"}
        for done in [
            pool.submit(_migrate, house, service, aliases.get(kind, "default"))
            for service, kind, _ in wanted
        ]:
            done.result()


def _migrate(house: House, service: str, database: str) -> None:
    program = manage_program(
        house, service, "migrate", "--database", database, "--verbosity", "0"
    )
    _call(list(program.arguments[2:]), program.environment)


def _call(module: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own argument list
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise CliError(f"The templates of embedded mode cannot be made: {last[:300]}")
