"""Three operators, a portal operator and a coordinator follow their pages on this machine."""

import secrets
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.operating.certificates import authority_make
from tests.operating.page import NODE_PAGE, PORTAL_PAGE, Block, blocks
from tests.operating.people import Person
from tests.operating.program import program_place
from tests.services import postgres_binary

EXAMPLES = "examples"
PARTY_PORTS = 16
# The last sections that come before the other page's: the coordinator's key; is all well?
KEY, DOCTOR = 1, 7
NODES = {"a": "Anna's node", "b": "Bram's node", "c": "Chris's node"}


@dataclass(slots=True)
class Federation:
    """Who takes part, and which blocks were run, by whom."""

    operators: Mapping[str, Person]
    portal: Person
    coordinator: Person
    ran: list[tuple[Block, str]] = field(default_factory=list)

    @property
    def people(self) -> tuple[Person, ...]:
        """Return everybody."""
        return (*self.operators.values(), self.portal, self.coordinator)

    def runs(self, block: Block) -> None:
        """Have a block run by whom it is marked for; all three operators at once."""
        runners = self._runners(block)
        with ThreadPoolExecutor(len(runners)) as pool:
            done = list(pool.map(lambda one: one[1](one[0]), runners))
        for (person, _), ended in zip(runners, done, strict=True):
            assert ended.returncode == 0, f"{block} by {person.user}:\n{ended.stdout}"
            self.ran.append((block, person.user))

    def _runners(
        self, block: Block
    ) -> "list[tuple[Person, Callable[[Person], subprocess.CompletedProcess[str]]]]":
        operators = list(self.operators.values())
        mine = operators if block.page == NODE_PAGE else [self.portal]
        by = {"operator": operators, "portal": [self.portal], "coordinator": [self.coordinator]}
        as_root = block.who == "root"
        return [
            (one, lambda person: person.runs(block.text, as_root=as_root))
            for one in (mine if as_root else by[block.who])
        ]


@contextmanager
def federation() -> Iterator[Federation]:
    """Yield people who have not begun yet; at the end nothing of them is left."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drempel-op-")))
        folder.chmod(0o755)
        found = _people(folder)
        for person in found.people:
            stack.callback(person.leave)
        yield found


def _people(folder: Path) -> Federation:
    exchange = folder / "exchange"
    exchange.mkdir()
    exchange.chmod(0o1777)
    code, server = program_place(folder), postgres_binary("postgres")
    assert server is not None, "PostgreSQL is not installed (Debian: postgresql)"
    mark = f"drempel-{secrets.token_hex(3)}"
    common = {
        "CODE": str(code),
        "EXCHANGE": str(exchange),
        "PATH": f"{code}/.venv/bin:{server.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    ports = _free_ports(3 * len(NODES) + 5)
    operators = {node: _operator(node, mark, ports, common) for node in NODES}
    portal = _portal(mark, ports, common, folder)
    return Federation(
        operators=operators,
        portal=Person(portal["OPERATOR"], portal),
        coordinator=Person(portal["COORDINATOR"], portal),
    )


def _operator(node: str, mark: str, ports: list[int], common: Mapping[str, str]) -> Person:
    return Person(
        f"{mark}-{node}",
        {
            **common,
            "OPERATOR": f"{mark}-{node}",
            "NODE": node,
            "TITLE": NODES[node],
            "URL": f"https://127.0.0.1:{ports.pop()}",
            "PARTY_PORTS": _free_range(),
            "DATABASE_PORT": str(ports.pop()),
            "REDIS_PORT": str(ports.pop()),
        },
    )


def _portal(
    mark: str, ports: list[int], common: Mapping[str, str], folder: Path
) -> dict[str, str]:
    certificate, key, trusted = authority_make(folder)
    return {
        **common,
        "OPERATOR": f"{mark}-portal",
        "COORDINATOR": f"{mark}-coord",
        "DATABASE_PORT": str(ports.pop()),
        "REDIS_PORT": str(ports.pop()),
        "RELAY_REDIS_PORT": str(ports.pop()),
        "PORTAL_URL": f"https://localhost:{ports.pop()}",
        "RELAY_URL": f"https://127.0.0.1:{ports.pop()}",
        "CERTIFICATE": str(certificate),
        "CERTIFICATE_KEY": str(key),
        "SSL_CERT_FILE": str(trusted),
        "COORDINATOR_EMAIL": "cert@sector.example",
        "ORGANISATION": "Sample coordinator",
        "SURVEY": f"{common['CODE']}/{EXAMPLES}/ict-resilience.survey.json",
        "ANSWERS": f"{common['CODE']}/{EXAMPLES}/ict-resilience.answers.csv",
    }


def in_order() -> list[Block]:
    """Return every block of both pages, in the order in which people can follow them."""
    portal, node = blocks(PORTAL_PAGE), blocks(NODE_PAGE)
    first = [one for one in portal if one.number <= KEY]
    start = [one for one in node if one.number <= DOCTOR]
    return [
        *first,
        *start,
        *(one for one in portal if one not in first),
        *(one for one in node if one not in start),
    ]


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _free_range() -> str:
    """Return 16 ports in a row below those that the system gives out by itself."""
    while True:
        first = 10_000 + PARTY_PORTS * secrets.randbelow(1_300)
        with ExitStack() as stack:
            try:
                for port in range(first, first + PARTY_PORTS):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
        return f"{first}-{first + PARTY_PORTS - 1}"
