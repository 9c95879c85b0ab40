"""The portal's own settings and database file, driven by short-lived processes."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mpcengine.protocol.canonical import JSON
from tests.mpcengine.cast import Federation
from tests.storage import ask, databases_make, lend

HOUSE = Path(__file__).parents[2]
# Set up once, then fork for every piece of code: a child may be killed, the parent stays.
SERVER = """
import contextlib, io, json, os, sys
import django
django.setup()
import mpcengine.job_driver, mpcengine.services
for line in sys.stdin:
    job = json.loads(line)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(job["code"], {"given": job["given"], "json": json})
        os.write(write, said.getvalue().encode())
        os._exit(0)
    os.close(write)
    _, status = os.waitpid(child, 0)
    output = b"".join(iter(lambda: os.read(read, 65536), b"")).decode()
    os.close(read)
    print(json.dumps([os.waitstatus_to_exitcode(status), output]), flush=True)
"""
MIGRATE = (
    "from django.core.management import call_command; call_command('migrate', verbosity=0)"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a piece of code ended, and what it printed."""

    returncode: int
    stdout: str


@dataclass(slots=True)
class PortalProcess:
    """Run pieces of portal code, each in a process of its own."""

    federation: Federation
    folder: Path
    on_files: bool = False
    server: subprocess.Popen[str] | None = None
    leave: Callable[[], None] = lambda: None

    @property
    def faults(self) -> Path:
        return self.folder / "faults"

    def prepare(self) -> None:
        """Write the service file and what it names, and make the database."""
        self.folder.mkdir()
        self.faults.mkdir()
        for name in ("secret", "relay-token", "second-factor-key"):
            (self.folder / name).write_text(secrets.token_hex(32))
            (self.folder / name).chmod(0o600)
        service: dict[str, JSON] = {
            "role": "portal",
            "embedded": True,
            "data_dir": str(self.folder),
            "port": 1,
            "secret_key_file": str(self.folder / "secret"),
            "log_file": str(self.folder / "log"),
            "fault_dir": str(self.faults),
            "nodes_file": str(self.federation.folder / "nodes.json"),
            "relay_url": self.federation.relay.url,
            "relay_token_file": str(self.folder / "relay-token"),
            "second_factor_key_file": str(self.folder / "second-factor-key"),
        }
        storage = None if self.on_files else lend()
        if storage is None:
            service["broker_dir"] = str(self.folder / "broker")
        else:
            service |= storage.members("portal", self.folder)
            self.leave = databases_make(storage, [("portal", self.folder)])
        (self.folder / "service.json").write_text(json.dumps(service))
        self.server = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            cwd=HOUSE,
            env={
                **os.environ,
                "DREMPEL_CONFIG": str(self.folder / "service.json"),
                "DJANGO_SETTINGS_MODULE": "config.settings.portal",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if storage is None:
            assert self.run(MIGRATE).returncode == 0

    def run(self, code: str, **given: object) -> Ended:
        """Run ``code`` with ``given`` in a child process and return how it ended."""
        server = self.server
        assert server is not None
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps({"code": code, "given": given}) + "\n")
        server.stdin.flush()
        returncode, stdout = json.loads(server.stdout.readline())
        return Ended(returncode, stdout)

    def stop(self) -> None:
        """End the parent of all pieces."""
        if self.server is not None:
            self.server.communicate(timeout=10)
        self.leave()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query, or change rows, from outside."""
        return ask(self.folder, query)[0]
