"""A federation whose every file is in sight: SQLite and folders, or PostgreSQL and Redis.

On services each of the five has a PostgreSQL cluster and a Redis of its own, as an operator
would: what lies where can then be said by folder.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, sleep

import psycopg

from cli.embedded.federation import Federation, Options, running
from cli.embedded.house import SERVICES, House, house_build, role_of
from cli.embedded.services import manage_program
from cli.embedded.supervisor import Supervisor
from cli.embedded.templates import templates_ready
from cli.reachable import Live, Reachable
from connector.http import new_pool
from deploy import local
from deploy.settle import ADMIN_PASSWORD
from deploy.topology import CODE
from tests.services import free_port, postgres_binary, redis, server_user

START_SECONDS = 60.0
DATABASES = {
    "portal": ("portal",),
    "relay": ("relay",),
    "node": ("packages", "issuing"),
}


@dataclass(slots=True)
class Cluster:
    """One PostgreSQL cluster with the settings that operators are told to use."""

    folder: Path
    port: int = field(default_factory=free_port)
    password: str = ""
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def data(self) -> Path:
        """Return the cluster's data folder; the server's log is in it."""
        name = "cluster" if self.password else "data"
        return self.folder / name

    def make(self) -> None:
        """Make the cluster, with deploy/postgresql.conf as it is."""
        self.folder.mkdir(mode=0o700)
        user = server_user()
        if user is not None:
            shutil.chown(self.folder, user)
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        conf = self.data / "postgresql.conf"
        ours = (CODE / "deploy" / "postgresql.conf").read_text("utf-8")
        own = (
            "listen_addresses = '127.0.0.1'",
            f"unix_socket_directories = '{self.folder}'",
            "logging_collector = on",
            "shared_buffers = 16MB",
        )
        conf.write_text("\n".join([ours, *own, ""]), "utf-8")

    def start(self) -> None:
        """Start the server; return once it lets somebody in."""
        program = [str(postgres_binary("postgres")), "-D", str(self.data)]
        with (self.folder / "start.out").open("ab") as out:
            self.process = subprocess.Popen(
                [*program, "-p", str(self.port)],
                user=server_user(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        deadline = monotonic() + START_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                assert monotonic() < deadline
                sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """Kill the server and all its children at once, as a power cut would."""
        assert self.process is not None
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split()
        self.process.send_signal(signal.SIGKILL)
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def stop(self) -> None:
        """Stop the server, waiting for nobody."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(START_SECONDS)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the superuser."""
        with psycopg.connect(self.conninfo(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def conninfo(self, database: str) -> str:
        """Return how to enter a database."""
        secret = f" password={self.password}" if self.password else ""
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}{secret}"

    def dump(self, into: Path) -> None:
        """Write pg_dump's text of every database into a folder."""
        into.mkdir(parents=True, exist_ok=True)
        for database in self.oids():
            with (into / f"{database}.sql").open("wb") as out:
                program = [str(postgres_binary("pg_dump")), "-d", self.conninfo(database)]
                subprocess.run(program, stdout=out, check=True, timeout=120)

    def oids(self) -> dict[str, str]:
        """Return our databases and the folder of each under ``base``."""
        query = "SELECT datname, oid::text FROM pg_database WHERE NOT datistemplate"
        with psycopg.connect(self.conninfo("postgres")) as connection:
            rows = connection.execute(query).fetchall()
        return {str(name): str(oid) for name, oid in rows if name != "postgres"}

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [str(postgres_binary(name)), "-D", str(self.data), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            user=server_user(),
            cwd=self.folder,
        )


@dataclass(frozen=True, slots=True)
class Spot:
    """What a file is part of: a database as docs/data-lifecycle.md names it, or its own path.

    ``is_old``: it also keeps what was deleted until its pages are used again.
    """

    name: str
    is_old: bool


@dataclass(slots=True)
class Place:
    """A running federation, how the canary calls it, and where its files are.

    ``kill`` kills the processes of a service whose names end as given, or its database.
    """

    federation: Reachable
    hers: Reachable
    folder: Path
    kill: Callable[[str, str], None]
    heal: Callable[[str, str], None]
    run: Callable[..., None]
    house: House | None = None
    supervisor: Supervisor | None = None
    clusters: dict[str, Cluster] = field(default_factory=dict)
    oids: dict[tuple[str, str], str] = field(default_factory=dict)

    def dump(self) -> None:
        """Put dumps of all databases beside the files, and note which folder is whose."""
        for name, cluster in self.clusters.items():
            cluster.dump(self.folder / f"{name}-dump")
            self.oids |= {(name, oid): base for base, oid in cluster.oids().items()}

    def spot(self, path: Path) -> Spot:
        """Say what a file is part of."""
        first, *rest = path.relative_to(self.folder).parts
        if first == "house" and path.name.partition("-")[0].endswith(".sqlite3"):
            is_old = path.suffix != ".sqlite3"
            return Spot(_database(rest[0], path.name.partition(".")[0]), is_old=is_old)
        if first.endswith("-dump"):
            return Spot(_database(first.removesuffix("-dump"), path.stem), is_old=False)
        for service, cluster in self.clusters.items():
            if path.is_relative_to(cluster.data):
                return self._inside(service, path, path.relative_to(cluster.data).parts)
        return Spot(str(path), is_old=False)

    def _inside(self, service: str, path: Path, parts: tuple[str, ...]) -> Spot:
        if parts[0] == "base":
            base = self.oids.get((service, parts[1]))
            return Spot(str(path) if base is None else _database(service, base), is_old=True)
        if parts[0] == "pg_wal":
            return Spot(f"{role_of(service)} write-ahead log", is_old=True)
        return Spot(str(path), is_old=False)


@contextmanager
def embedded_place(folder: Path) -> Iterator[Place]:
    """Run a federation on SQLite files."""
    with running(Options(folder=folder / "house", is_test=True)) as federation:
        yield _embedded(federation, folder, {})


@contextmanager
def services_place(folder: Path) -> Iterator[Place]:
    """Run an embedded federation on PostgreSQL and Redis, five of each."""
    folder.chmod(0o711)
    with ExitStack() as stack:
        clusters = {name: Cluster(folder / f"{name}-postgresql") for name in SERVICES}
        for cluster in clusters.values():
            cluster.make()
            stack.callback(cluster.stop)
            cluster.start()
        brokers = {
            name: stack.enter_context(redis(folder / f"{name}-redis", "--rdbcompression", "no"))
            for name in SERVICES
        }
        ports = {name: free_port() for name in SERVICES}
        house = house_build(folder / "house", ports, templates_ready(), is_test=True)
        for name in SERVICES:
            _move_in(house, name, clusters[name], brokers[name])
        with running(Options(folder=folder / "house", is_test=True)) as federation:
            yield _embedded(federation, folder, clusters)


def _embedded(federation: Federation, folder: Path, clusters: dict[str, Cluster]) -> Place:
    def kill(service: str, kind: str) -> None:
        if kind == "database":
            clusters[service].kill()
        else:
            os.kill(federation.supervisor.pids()[f"{service} {kind}"], signal.SIGKILL)

    def heal(service: str, kind: str) -> None:
        if kind == "database":
            clusters[service].start()  # other processes the supervisor starts again

    def run(service: str, *arguments: str) -> None:
        program = manage_program(federation.house, service, *arguments)
        federation.supervisor.run(program, START_SECONDS)

    pool = new_pool(4)
    hers = Live(
        portal=replace(federation.portal, pool=pool, token=""),
        relay=replace(federation.relay, pool=pool),
        nodes={name: replace(one, pool=pool) for name, one in federation.nodes.items()},
        nodes_file=federation.nodes_file,
        coordinator_key=federation.coordinator_key,
    )
    return Place(
        federation=federation,
        hers=hers,
        folder=folder,
        kill=kill,
        heal=heal,
        run=run,
        house=federation.house,
        supervisor=federation.supervisor,
        clusters=clusters,
    )


@contextmanager
def topology_place(_folder: Path) -> Iterator[Place]:
    """Run the topology that operators deploy: TLS, pins, users, passwords."""
    with local.running() as topology:
        clusters = {}
        for one in topology.topology.services:
            store = topology.places(topology.topology.process(f"{one.name}-database"))["store"]
            secret = topology.installed.secrets(one.name) / ADMIN_PASSWORD
            cluster = Cluster(Path(store), one.database_port, secret.read_text("utf-8").strip())
            clusters[one.name] = cluster
        scratch = topology.places(topology.topology.process("portal-web"))["scratch"]
        token = Path(scratch, "coordinator-token")
        topology.manage(
            "portal",
            "coordinator_create",
            local.COORDINATOR,
            *("--organisation", "Canaries", "--token-file", str(token)),
        )

        def name_of(service: str, kind: str) -> str:
            return f"{service}-{kind}"

        def heal(service: str, kind: str) -> None:
            topology.processes.again(name_of(service, kind))
            topology.wait_until_healthy(name_of(service, kind))

        yield Place(
            federation=topology.live(token.read_text("utf-8").strip()),
            hers=topology.live(""),
            folder=topology.folder,
            kill=lambda service, kind: topology.processes.kill(name_of(service, kind)),
            heal=heal,
            run=lambda service, *arguments: _as_owner(topology, service, arguments),
            clusters=clusters,
        )


def _as_owner(topology: local.Local, service: str, arguments: tuple[str, ...]) -> None:
    """Run a management command as the tables' owner, as the migration is run."""
    migrate = topology.topology.process(f"{service}-migrate")
    command = ("python", "-m", "django", *arguments)
    start = topology.start_of(replace(migrate, command=command))
    topology.processes.run([start])


def _move_in(house: House, name: str, cluster: Cluster, broker: dict[str, object]) -> None:
    """Have a service of the house use a cluster and a Redis, and migrate its databases."""
    path = house.service_folder(name) / "service.json"
    members = json.loads(path.read_text("utf-8"))
    first, *more = DATABASES[role_of(name)]
    members |= {
        "database_host": "127.0.0.1",
        "database_port": cluster.port,
        "database_name": first,
        "database_user": "postgres",
        "redis_host": "127.0.0.1",
        "redis_port": broker["port"],
    }
    if more:
        members["issuing_database_name"] = more[0]
        members["issuing_database_user"] = "issuing"
        cluster.execute("CREATE ROLE issuing SUPERUSER LOGIN")
    path.write_text(json.dumps(members), "utf-8")
    for database in (first, *more):
        cluster.execute(f"CREATE DATABASE {database}")
    for left in house.service_folder(name).glob("*.sqlite3"):
        left.unlink()
    supervisor = Supervisor()
    try:
        for alias in ("default", "issuing")[: 1 + len(more)]:
            migrate = manage_program(
                house, name, "migrate", "--database", alias, "--verbosity", "0"
            )
            supervisor.run(migrate, START_SECONDS)
    finally:
        supervisor.stop()


def _database(service: str, name: str) -> str:
    """Return ``portal``, ``relay``, ``node packages`` or ``node issuing``."""
    if role_of(service) != "node":
        return role_of(service)
    return "node issuing" if name.endswith("issuing") else "node packages"
