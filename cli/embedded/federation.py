"""Run a whole federation on this machine: ten services, ready in seconds, gone in seconds."""

import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, sleep

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.embedded.house import SERVICES, House, house_build, house_open
from cli.embedded.ports import listen, port_of
from cli.embedded.services import manage_program, web_program, worker_program
from cli.embedded.services_file import Services
from cli.embedded.storage import (
    Storage,
    copies_make,
    keys_remove,
    mark_kept,
    mark_make,
    reachable,
    remove,
)
from cli.embedded.supervisor import Supervisor
from cli.embedded.templates import templates_on, templates_ready
from cli.errors import BadInput, CliError
from cli.folders import folder_held, folder_make
from cli.signals import shielded
from connector.errors import ConnectorError
from connector.http import Receiver, new_pool
from mpcengine.protocol.nodesfile import NodesFile

START_SECONDS = 90.0
COORDINATOR = "coordinator@drempel.example"
ORGANISATION = "Sample coordinator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Say where a federation lives and what is special about it.

    ``folder`` None means a temporary one, taken away at the end; ``portal_port`` 0 chooses a
    free port. ``services`` lends PostgreSQL and Redis instead of files; what is made there
    stays with a ``folder`` and goes with a temporary one. ``is_test`` lowers the nodes' floors
    to 1, ``has_faults`` adds kill points.
    """

    folder: Path | None = None
    portal_port: int = 0
    services: Services | None = None
    is_test: bool = False
    has_faults: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """A running federation: its house, its processes, and receivers to call it by."""

    house: House
    supervisor: Supervisor
    portal: Receiver
    relay: Receiver
    nodes: Mapping[str, Receiver]
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def nodes_file(self) -> NodesFile:
        """Return who the nodes are."""
        return self.house.nodes

    @property
    def coordinator_key(self) -> Ed25519PrivateKey:
        """Return the sample coordinator's signing key."""
        return self.house.coordinator

    def look(self) -> None:
        """Raise CliError if a process keeps dying: waiting has no sense then."""
        self.supervisor.check()


@contextmanager
def running(options: Options) -> Iterator[Federation]:
    """Start a federation and yield it once it answers; at the end nothing of it is left.

    Raises CliError if it cannot be started, BadInput if ``folder`` holds something else.
    """
    stop = threading.Event()
    stack = ExitStack()
    try:
        try:
            yield _started(options, stack, stop)
        finally:
            _close(stack, stop)
    finally:
        # A signal may have come between the end of the work and the line above. There is only
        # one (see cli.signals), so this second time nothing can come in between.
        _close(stack, stop)


def _close(stack: ExitStack, stop: threading.Event) -> None:
    with shielded():
        stop.set()
        stack.close()


def _started(options: Options, stack: ExitStack, stop: threading.Event) -> Federation:
    templates = templates_ready()
    with shielded():
        folder = _folder(options, stack)
        sockets = _sockets(options, folder, stack)
        ports = {service: port_of(one) for service, one in sockets.items()}
        is_old = house_open(folder) is not None
        storage = _storage(options, folder)
        house = house_build(
            folder,
            ports,
            templates,
            storage=storage,
            is_test=options.is_test,
            has_faults=options.has_faults,
        )
        if storage is not None:
            # Before the processes are, so after them: nobody is in a database that goes.
            stack.callback(_databases_leave, storage, is_kept=bool(options.folder))
        supervisor = Supervisor()
        stack.callback(supervisor.stop)
    if storage is not None and not is_old:
        _databases_make(house, storage)
    for service in SERVICES:
        supervisor.start(web_program(house, service, sockets[service].fileno()))
    _sample_coordinator(house, supervisor)
    for service in SERVICES:
        supervisor.start(worker_program(house, service))
    federation = _receivers(house, supervisor, stop)
    _wait_until_ready(federation)
    return federation


def _folder(options: Options, stack: ExitStack) -> Path:
    if options.folder is not None:
        folder = options.folder.resolve()
        folder_make(folder)
        stack.enter_context(folder_held(folder))
        return folder
    folder = Path(tempfile.mkdtemp(prefix="drempel-"))
    stack.callback(_remove, folder)
    return folder


def _remove(folder: Path) -> None:
    for _ in range(10):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        # A file that a dying process was just writing.
        sleep(0.05)


def _sockets(options: Options, folder: Path, stack: ExitStack) -> dict[str, socket.socket]:
    known = house_open(folder) or {}
    if options.portal_port:
        known["portal"] = options.portal_port
    sockets = {}
    for service in SERVICES:
        sockets[service] = stack.enter_context(listen(known.get(service, 0)))
    return sockets


def _storage(options: Options, folder: Path) -> Storage | None:
    """Return where databases are, or None for files; raise BadInput if the folder differs."""
    is_old, mark = house_open(folder) is not None, mark_kept(folder)
    if is_old and (mark is None) != (options.services is None):
        there = "files" if mark is None else "PostgreSQL"
        raise BadInput(f"{folder} keeps its data in {there}; start it the way it was made.")
    if options.services is None:
        return None
    reachable(options.services)
    return Storage(services=options.services, mark=mark or mark_make())


def _databases_make(house: House, storage: Storage) -> None:
    wanted = [
        one
        for service in SERVICES
        for one in storage.wanted(service, house.service_folder(service))
    ]
    with templates_on(storage.services) as mark:
        copies_make(storage, mark, wanted)


def _databases_leave(storage: Storage, *, is_kept: bool) -> None:
    keys_remove(storage)
    if not is_kept:
        kinds = ((service, kind) for service in SERVICES for kind in storage.kinds(service))
        remove(storage, [storage.database(service, kind) for service, kind in kinds])


def _sample_coordinator(house: House, supervisor: Supervisor) -> None:
    """Create the sample coordinator, password and API token, unless an earlier start has."""
    if house.token_file.exists():
        return
    program = manage_program(
        house,
        "portal",
        "coordinator_create",
        COORDINATOR,
        *("--organisation", ORGANISATION, "--token-file", str(house.token_file)),
        *("--password-file", str(house.password_file)),
    )
    supervisor.run(program, START_SECONDS)


def _receivers(house: House, supervisor: Supervisor, stop: threading.Event) -> Federation:
    pool = new_pool(16)
    token = house.token_file.read_text("utf-8").strip()
    return Federation(
        house=house,
        supervisor=supervisor,
        portal=Receiver(
            name="The portal", url=house.portal_url, pool=pool, token=token, stop=stop
        ),
        relay=Receiver(name="The relay", url=house.relay_url, pool=pool, stop=stop),
        nodes={
            entry.node: Receiver(name=f"Node {entry.node}", url=entry.url, pool=pool, stop=stop)
            for entry in house.nodes.nodes
        },
        stop=stop,
    )


def _wait_until_ready(federation: Federation) -> None:
    deadline = monotonic() + START_SECONDS
    for receiver in (federation.portal, federation.relay, *federation.nodes.values()):
        while not _is_healthy(receiver):
            federation.supervisor.check()
            if monotonic() > deadline:
                raise CliError(f"{receiver.name} does not answer; try again.")
            sleep(0.05)


def _is_healthy(receiver: Receiver) -> bool:
    try:
        replace(receiver, patience=0.0).get("health")
    except ConnectorError:
        return False
    return True
