"""PostgreSQL and Redis for tests: the ones that DREMPEL_TEST_SERVICES names, or private ones.

``python -m tests.services COMMAND …`` starts a private pair in a temporary folder, names it in
DREMPEL_TEST_SERVICES, runs the command, and takes the pair away. What is missing is a failure
with CI=true, else one sentence and status 0. A pair that is named already is used as it is.
"""

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from cli.embedded.services_file import services_read
from cli.embedded.templates import templates_on

VARIABLE = "DREMPEL_TEST_SERVICES"
START_SECONDS = 30.0
# No test here cuts the power, so nothing waits for the disk.
FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300")


def named() -> Path | None:
    """Return the services file that this run was given, or None."""
    path = os.environ.get(VARIABLE)
    return Path(path) if path else None


def read() -> dict[str, Any]:
    """Return what the services file holds; fail if none was given."""
    path = named()
    assert path is not None, f"{VARIABLE} is not set; run make test-services"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def postgres_binary(name: str) -> Path | None:
    """Return a program of PostgreSQL, which Debian keeps off the path."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).is_file():
            return folder / name
    found = shutil.which(name)
    return Path(found) if found else None


def missing() -> str:
    """Return a sentence that names what is not installed, or nothing."""
    if postgres_binary("initdb") is None:
        return "PostgreSQL is not installed (Debian: postgresql)."
    if shutil.which("redis-server") is None:
        return "Redis is not installed (Debian: redis-server)."
    return ""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def server_user() -> str | None:
    """Return whom PostgreSQL runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    return "postgres" if "postgres" in {one.pw_name for one in pwd.getpwall()} else "nobody"


@contextmanager
def postgresql(folder: Path, *more: str) -> Iterator[dict[str, Any]]:
    """Run a PostgreSQL of one's own in ``folder`` and yield how to enter it."""
    initdb, postgres = postgres_binary("initdb"), postgres_binary("postgres")
    assert initdb is not None
    assert postgres is not None
    user = server_user()
    folder.mkdir(mode=0o700)
    if user is not None:
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()
    common: dict[str, Any] = {"user": user, "cwd": folder, "stdin": subprocess.DEVNULL}
    subprocess.run(
        [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        **common,
    )
    arguments = [
        str(postgres),
        "-D",
        str(data),
        "-p",
        str(port),
        "-c",
        "listen_addresses=127.0.0.1",
    ]
    arguments += ["-c", f"unix_socket_directories={folder}", *more]
    process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL, **common)
    try:
        wait_until_listening(port, process)
        yield {"host": "127.0.0.1", "port": port, "user": "postgres"}
    finally:
        process.terminate()  # no SIGINT: a fast stop waits for nobody
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.send_signal(3)
            process.wait()


@contextmanager
def redis(folder: Path, *more: str) -> Iterator[dict[str, Any]]:
    """Run a Redis of one's own in ``folder`` and yield how to reach it."""
    folder.mkdir(mode=0o700)
    port = free_port()
    arguments = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
    ]
    arguments += ["--appendonly", "yes", "--save", "", *more]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        wait_until_listening(port, process)
        yield {"host": "127.0.0.1", "port": port}
    finally:
        process.terminate()
        process.wait()


def wait_until_listening(port: int, process: "subprocess.Popen[Any]") -> None:
    """Return once something takes connections there; fail if the process ends first."""
    deadline = monotonic() + START_SECONDS
    while True:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "the server ended before it listened"
        assert monotonic() < deadline, "the server does not listen"
        sleep(0.05)


@contextmanager
def private_pair() -> Iterator[Path]:
    """Run a private PostgreSQL and Redis and yield the services file that names them.

    Its databases are migrated once; every federation of a test copies them.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="drempel-services-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # PostgreSQL's user passes through
        found: dict[str, Any] = {
            "format": "drempel-services/1",
            "postgresql": stack.enter_context(postgresql(folder / "postgresql", *FAST)),
            "redis": stack.enter_context(redis(folder / "redis", "--appendfsync", "no")),
        }
        path = folder / "services.json"
        path.write_text(json.dumps(found), "utf-8")
        with templates_on(services_read(path)) as mark:
            found["postgresql"]["templates"] = mark
            path.write_text(json.dumps(found), "utf-8")
            yield path


def main(command: Sequence[str]) -> int:
    """Run a command with services; return its status."""
    if named() is not None:
        return subprocess.run(command, check=False).returncode
    reason = missing()
    if reason:
        sys.stderr.write(f"{reason} The tests on services are left out.\n")
        return int(os.environ.get("CI") == "true")
    with private_pair() as path:
        environment = {**os.environ, VARIABLE: str(path)}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
