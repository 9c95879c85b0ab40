"""The topology without containers: the same commands and environment as plain processes.

For tests (``tests/topology``). Five PostgreSQL clusters, five Redis, web processes and workers
as ``topology.toml`` has them, ``embedded: false``, installed by the code that operators use. As
root every service runs under its own user's number; ports are the topology's, moved together
to where they are free. Limits, networks and read-only roots are what containers add.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, sleep

from cli.embedded.templates import templates_ready
from cli.errors import CliError
from cli.installing.certificates import CERTIFICATE, certificate_pin
from cli.reachable import CONNECTIONS, Live
from connector.errors import ConnectorError
from connector.http import Receiver, new_pool
from deploy.evaluation import Installed, federation_install
from deploy.processes import Processes, Start, interpreter_make
from deploy.settle import ADMIN_PASSWORD
from deploy.topology import APP, CODE, Process, Service, Topology, fill, fill_all, read_topology
from mpcengine.protocol.canonical import digest_bytes
from mpcengine.protocol.policy import default_policy

LOOPBACK = "127.0.0.1"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
READY_SECONDS = 90.0
COORDINATOR = "coordinator@drempel.example"
POSTGRESQL = Path("/usr/lib/postgresql/15/bin")
# What the database's administrator may leave to the cluster's own file: fifteen megabytes of
# memory instead of a hundred, five times.
_SMALL = "shared_buffers = '16MB'\nmax_wal_size = '96MB'\nmin_wal_size = '32MB'\n"


@dataclass(slots=True)
class Local:
    """A running topology: where it is, its processes, and how it is called."""

    folder: Path
    topology: Topology
    installed: Installed
    interpreter: Path
    processes: Processes = field(default_factory=Processes)
    as_users: bool = field(default_factory=lambda: os.geteuid() == 0)

    def places(self, process: Process) -> dict[str, str]:
        """Return what is filled in for the topology's words here."""
        return places(self.folder, process)

    def start_of(self, process: Process) -> Start:
        """Return how a process of the topology is started on this machine."""
        known = self.places(process)
        path = os.pathsep.join(
            [str(self.interpreter.parent), str(POSTGRESQL), "/usr/bin", "/bin"]
        )
        command = fill_all(process.command, known)
        program = shutil.which(command[0], path=path)
        if program is None:
            raise CliError(f"{command[0]} is not installed on this machine.")
        return Start(
            name=process.name,
            command=(program, *command[1:]),
            environment={
                "PATH": path,
                "LANG": "C.UTF-8",
                **{key: fill(text, known) for key, text in process.environment.items()},
            },
            output=self.folder / "output" / f"{process.name}.txt",
            folder=CODE,
            interpreter=self.interpreter,
            user=process.user if self.as_users else None,
            group=process.service.user if self.as_users else None,
        )

    def start(self, *kinds: str, services: Sequence[str] = ()) -> None:
        """Start every process of some kinds, of all services or of some."""
        for one in self.topology.processes:
            if one.kind in kinds and (not services or one.service.name in services):
                self.processes.start(self.start_of(one))

    def is_healthy(self, process: Process) -> bool:
        """Run a process's health check, as its user."""
        start = self.start_of(replace(process, command=process.health))
        ended = subprocess.run(  # noqa: S603 - the topology's own command
            start.command,
            env=dict(start.environment),
            cwd=start.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            user=start.user,
            group=start.group,
            extra_groups=None if start.user is None else [],
            timeout=30,
        )
        return ended.returncode == 0

    def wait(
        self, what: str, is_so: Callable[[], bool], seconds: float = READY_SECONDS
    ) -> float:
        """Return the seconds until ``is_so``; raise CliError if that takes too long."""
        begun = monotonic()
        while not is_so():
            self.processes.check()
            if monotonic() - begun > seconds:
                raise CliError(f"{what}: not within {seconds:.0f} seconds.")
            sleep(0.1)
        return monotonic() - begun

    def wait_until_healthy(self, *names: str) -> None:
        """Return once these processes' health checks succeed."""
        for name in names:
            one = self.topology.process(name)
            self.wait(f"{name} is well", lambda one=one: self.is_healthy(one))  # type: ignore[misc]

    def manage(self, service: str, *arguments: str) -> None:
        """Run a management command of a service to its end."""
        web = self.topology.process(f"{service}-web")
        named = replace(web, kind=arguments[0], command=("python", "-m", "django", *arguments))
        start = self.start_of(replace(named, environment=web.environment))
        own = {
            "TMPDIR": self.places(web)["scratch"],
            "NUMBA_CACHE_DIR": self.places(web)["scratch"] + "/numba",
        }
        self.processes.run([replace(start, environment={**start.environment, **own})])

    def url(self, service: str) -> str:
        """Return a service's address."""
        return f"https://{LOOPBACK}:{self.topology.service(service).port}"

    def receiver(self, service: str, name: str, token: str = "") -> Receiver:
        """Return a service to call, under the certificate it has."""
        pin = certificate_pin(self.installed.secrets(service) / CERTIFICATE)
        pool = new_pool(CONNECTIONS, (digest_bytes(pin),))
        return Receiver(name=name, url=self.url(service), pool=pool, token=token)

    def live(self, token: str) -> Live:
        """Return the federation as its coordinator and respondents reach it."""
        return Live(
            portal=self.receiver("portal", "The portal", token),
            relay=self.receiver("relay", "The relay"),
            nodes={
                one.node: self.receiver(f"node-{one.node}", f"Node {one.node}")
                for one in self.installed.nodes.nodes
            },
            nodes_file=self.installed.nodes,
            coordinator_key=self.installed.coordinator,
        )


def places(folder: Path, process: Process) -> dict[str, str]:
    """Return what is filled in for the topology's words on this machine."""
    service = process.service
    own = {
        "settings": folder / "settings" / service.name,
        "secrets": folder / "secrets" / service.name,
        "data": folder / "data" / service.name,
        "store": folder / "store" / process.name,
        "scratch": folder / "scratch" / process.name,
        "code": CODE,
    }
    hosts = ("listen", "party_listen", "app", "database", "redis", "party")
    return {
        **service.words(),
        **{name: str(path) for name, path in own.items()},
        **{f"{name}_host": LOOPBACK for name in hosts},
    }


@contextmanager
def running(
    prepare: Callable[[Path], AbstractContextManager[None]] | None = None,
) -> Iterator[Local]:
    """Start the whole topology in a temporary folder; at the end nothing is left of it.

    ``prepare`` gets the folder before anything is written, to mount what a test needs there.
    Raises CliError.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="drempel-topology-", dir=_fast_folder()))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        if prepare is not None:
            stack.enter_context(prepare(folder))
        local = _install(folder)
        stack.callback(_stop, local)
        _start(local)
        yield local


def _stop(local: Local) -> None:
    """End everything; a killed PostgreSQL would leave its shared memory on the machine."""
    databases = [name for name in _names(local, "database") if name in local.processes.running]
    local.processes.end(databases, signal.SIGQUIT)
    local.processes.stop()


def _fast_folder() -> str | None:
    """Return where nothing waits for a disk: no test cuts the power, and five clusters sync."""
    return str(SHARED_MEMORY) if os.access(SHARED_MEMORY, os.W_OK) else None


def _install(folder: Path) -> Local:
    topology = moved(read_topology())
    installed = federation_install(
        folder,
        topology,
        lambda service: places(folder, topology.process(f"{service.name}-web")),
        LOOPBACK,
        lambda keys: default_policy(coordinators=keys, test=True),
    )
    (folder / "secrets").chmod(0o755)
    interpreter = interpreter_make(folder)
    local = Local(
        folder=folder, topology=topology, installed=installed, interpreter=interpreter
    )
    (folder / "output").mkdir()
    compiled = templates_ready() / "numba"
    for process in topology.processes:
        known = local.places(process)
        scratch, data = Path(known["scratch"]), Path(known["data"])
        scratch.mkdir(parents=True, mode=0o700)
        if process.image == APP:
            shutil.copytree(compiled, scratch / "numba")
            data.mkdir(parents=True, exist_ok=True)
            _give(local, data, process.service.user, process.service)
        _give(local, scratch, process.user, process.service)
    _make_stores(local)
    return local


def _make_stores(local: Local) -> None:
    """Make one empty cluster and copy it five times; make the folders of Redis."""
    password = secrets.token_hex(32)
    template = _cluster(local.folder, password)
    for process in local.topology.processes:
        store = Path(local.places(process)["store"])
        if process.kind == "database":
            store.mkdir(parents=True, exist_ok=True)
            shutil.copytree(template, store / "cluster")
            with (store / "cluster" / "postgresql.auto.conf").open("a") as file:
                file.write(_SMALL)
            path = local.installed.secrets(process.service.name) / ADMIN_PASSWORD
            path.write_text(password)
        elif process.kind == "redis":
            store.mkdir(parents=True, exist_ok=True)
        else:
            continue
        _give(local, store, process.user, process.service)
        store.chmod(0o700)


def _cluster(folder: Path, password: str) -> Path:
    """Make an empty cluster as a user who has a name: initdb asks for one."""
    making = folder / "template"
    making.mkdir()
    (making / "password").write_text(password)
    user = None
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres").pw_uid
        for path in (making, making / "password"):
            os.chown(path, user, -1)
    subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [
            str(POSTGRESQL / "initdb"),
            *("--pgdata", str(making / "cluster"), "--username", "postgres"),
            *("--pwfile", str(making / "password"), "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        user=user,
        cwd=making,
    )
    return making / "cluster"


def _give(local: Local, folder: Path, user: int, service: Service) -> None:
    if local.as_users:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, service.user, follow_symlinks=False)


def _start(local: Local) -> None:
    """Start everything in the order that compose.yaml asks for."""
    local.start("database", "redis")
    local.wait_until_healthy(*_names(local, "database", "redis"))
    for kind in ("databases", "migrate"):
        local.processes.run(
            [local.start_of(local.topology.process(n)) for n in _names(local, kind)]
        )
    local.start("web", "worker")
    for name in _names(local, "web"):
        receiver = local.receiver(name.removesuffix("-web"), name)
        local.wait(f"{name} answers", lambda receiver=receiver: _answers(receiver))  # type: ignore[misc]


def _names(local: Local, *kinds: str) -> list[str]:
    return [one.name for one in local.topology.processes if one.kind in kinds]


def _answers(receiver: Receiver) -> bool:
    try:
        replace(receiver, patience=0.0).get("health")
    except ConnectorError:
        return False
    return True


def moved(topology: Topology) -> Topology:
    """Return the topology with all ports moved by the same number, to where they are free."""
    while True:
        offset = 20 * secrets.randbelow(1000)
        services = [_moved(one, offset) for one in topology.services]
        if all(_is_free(port) for one in services for port in _ports(one)):
            break
    by_name = {one.name: one for one in services}
    return Topology(
        services=tuple(services),
        processes=tuple(
            replace(one, service=by_name[one.service.name]) for one in topology.processes
        ),
    )


def _moved(service: Service, offset: int) -> Service:
    party = "-".join(str(int(one) + offset) for one in service.party_ports.split("-") if one)
    return replace(
        service,
        port=service.port + offset,
        database_port=service.database_port + offset,
        redis_port=service.redis_port + offset,
        party_ports=party,
    )


def _ports(service: Service) -> list[int]:
    ports = [service.port, service.database_port, service.redis_port]
    if service.party_ports:
        first, last = map(int, service.party_ports.split("-"))
        ports += range(first, last + 1)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
