"""A real relay: its own settings, database file, web and worker processes."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from mpcengine.protocol.canonical import JSON
from tests.mpcengine.cast import Federation
from tests.storage import ask, databases_make, lend

HOUSE = Path(__file__).parents[2]
PATIENCE_SECONDS = 20.0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class RelayProcess:
    """Start, ask, kill and restart a relay."""

    federation: Federation
    folder: Path
    port: int = field(default_factory=free_port)
    token: str = field(default_factory=lambda: secrets.token_hex(32))
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    leave: Callable[[], None] = lambda: None
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=15, maxsize=20)
    )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def faults(self) -> Path:
        return self.folder / "faults"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text() if (self.folder / "log").exists() else ""

    def waiting(self) -> int:
        """Return how many parcels the database holds; the interface does not tell."""
        return self._number("SELECT count(*) FROM relay_waitingparcel")

    def delivered(self) -> int:
        """Return how many parcels all nodes have, by the database."""
        return self._number("SELECT sum(delivered) FROM relay_relayedsurvey")

    def _number(self, query: str) -> int:
        return int(ask(self.folder, query)[0][0][0])

    def prepare(self) -> None:
        """Write the service file and what it names, and make the database."""
        self.folder.mkdir(exist_ok=True)
        self.faults.mkdir(exist_ok=True)
        self._secret("secret", secrets.token_hex(32))
        self._secret("portal-token", self.token)
        self._secret("signing.pem", (self.federation.folder / "relay.pem").read_text())
        service: dict[str, JSON] = {
            "role": "relay",
            "embedded": True,
            "data_dir": str(self.folder),
            "port": self.port,
            "secret_key_file": str(self.folder / "secret"),
            "log_file": str(self.folder / "log"),
            "fault_dir": str(self.faults),
            "signing_key_file": str(self.folder / "signing.pem"),
            "nodes_file": str(self.federation.folder / "nodes.json"),
            "portal_token_file": str(self.folder / "portal-token"),
        }
        storage = lend()
        if storage is None:
            service["broker_dir"] = str(self.folder / "broker")
        else:
            service |= storage.members("relay", self.folder)
            self.leave = databases_make(storage, [("relay", self.folder)])
        (self.folder / "service.json").write_text(json.dumps(service))
        if storage is None:
            self._run(["-m", "django", "migrate", "--verbosity", "0"]).wait(60)

    def start_web(self) -> subprocess.Popen[bytes]:
        """Start the web process and wait until it is healthy."""
        web = self._run(
            ["-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{self.port}",
             "--worker-class", "gthread", "--workers", "1", "--threads", "8",
             "--log-level", "error"]
        )  # fmt: skip
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                if self.call("GET", "health")[0] == 200:
                    return web
            except urllib3.exceptions.HTTPError:
                time.sleep(0.05)
        raise TimeoutError(self.log)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start the worker process."""
        return self._run(["-m", "celery", "-A", "config.celery", "worker", "-P", "solo"])

    def call(
        self, method: str, path: str, body: bytes | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Call the relay and return status and JSON."""
        octets = path == "packages"
        headers = {
            "Content-Type": "application/octet-stream" if octets else "application/json",
            "Authorization": f"Token {self.token}",
        }
        answer = self.http.request(
            method, f"{self.url}/api/v1/{path}", body=body, headers=headers
        )
        return answer.status, json.loads(answer.data)

    def stop(self) -> None:
        """Kill whatever still runs, children included."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        self.processes.clear()

    def _secret(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)

    def _run(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DREMPEL_CONFIG": str(self.folder / "service.json"),
            "DJANGO_SETTINGS_MODULE": "config.settings.relay",
        }
        with (self.folder / "output").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=HOUSE,
                env=environment,
                start_new_session=True,
                stdout=output,
                stderr=output,
            )
        self.processes.append(process)
        return process
