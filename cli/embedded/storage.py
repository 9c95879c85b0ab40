"""Give an embedded federation databases and a queue in a PostgreSQL and a Redis it is lent.

Five services, eight databases, each with its own two roles, all under one mark that nobody
else has. Their tables come from four template databases, migrated once: portal, relay, and a
node's two. At the end nothing of the mark is left, unless the data folder is kept.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from cli.embedded.services_file import Services
from cli.errors import CliError
from cli.folders import write_private
from cli.signals import shielded
from deploy.databases import (
    Database,
    create_statement,
    drop_statements,
    inside_statements,
    role_statements,
    server_statements,
)
from deploy.make_databases import (
    CannotMakeError,
    Wanted,
    databases_make,
    entered,
    role_lines,
    run,
)
from mpcengine.protocol.canonical import JSON

MARK_BYTES = 5
PASSWORD = "database-password"  # noqa: S105 - a file's name
ISSUING_PASSWORD = "issuing-password"  # noqa: S105 - a file's name
TEMPLATE_KINDS = ("portal", "relay", "packages", "issuing")
_REDIS_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Names of one federation's databases and keys; ``is_template``: its owners migrate."""

    services: Services
    mark: str
    is_template: bool = False

    def kinds(self, service: str) -> tuple[str, ...]:
        """Return which databases a service has."""
        return ("packages", "issuing") if service.startswith("node") else (service,)

    def database(self, service: str, kind: str) -> Database:
        """Return a service's database of a kind."""
        letter = service.partition("-")[2]
        name = "_".join(part for part in (self.mark, letter, kind) if part)
        return Database(name=name, owner=f"{name}_owner", service=name)

    def members(self, service: str, own: Path) -> dict[str, JSON]:
        """Return what the service file says of storage; make the passwords it names."""
        found: dict[str, JSON] = {
            "database_host": self.services.admin.host,
            "database_port": self.services.admin.port,
            "redis_host": self.services.redis_host,
            "redis_port": self.services.redis_port,
            "redis_prefix": f"{self.mark}:{service}:",
        }
        if self.services.redis_password_file is not None:
            found["redis_password_file"] = str(self.services.redis_password_file.resolve())
        for kind in self.kinds(service):
            before, password = _keys(kind)
            database = self.database(service, kind)
            write_private(own / password, secrets.token_hex(32))
            found[f"{before}database_name"] = database.name
            user = database.owner if self.is_template else database.service
            found[f"{before}database_user"] = user
            found[f"{before}database_password_file"] = str(own / password)
        return found

    def wanted(self, service: str, own: Path) -> list[tuple[str, Wanted]]:
        """Return a service's databases by kind, with the passwords in its folder."""
        found = []
        for kind in self.kinds(service):
            password = (own / _keys(kind)[1]).read_text("ascii")
            wanted = Wanted(
                database=self.database(service, kind),
                owner_password=password if self.is_template else None,
                service_password=None if self.is_template else password,
            )
            found.append((kind, wanted))
        return found


def _keys(kind: str) -> tuple[str, str]:
    return ("issuing_", ISSUING_PASSWORD) if kind == "issuing" else ("", PASSWORD)


def mark_make(kind: str = "drempel") -> str:
    """Return the beginning of names that nobody else has."""
    return f"{kind}_{secrets.token_hex(MARK_BYTES)}"


def reachable(services: Services) -> None:
    """Raise CliError unless both servers let us in."""
    with _told(), entered(services.admin):
        pass
    _redis(services, lambda client: client.ping())


@contextmanager
def templates_lent(
    services: Services, migrate: Callable[[Storage], None], *, is_kept: bool = False
) -> Iterator[str]:
    """Yield the mark of four migrated databases: those the file names, or new ones.

    New ones are removed at the end unless ``is_kept``. ``migrate`` makes their tables.
    """
    if services.templates is not None:
        yield services.templates
        return
    storage = Storage(services=services, mark=mark_make("drempel_t"), is_template=True)
    with ExitStack() as stack:
        if not is_kept:
            stack.callback(templates_remove, storage)
        migrate(storage)
        _settle(storage)
        yield storage.mark


def _settle(storage: Storage) -> None:
    """Hand the migrated tables to a role that owns nothing else, for copies to take over."""
    admin, kept = storage.services.admin, _kept(storage.mark)
    with shielded(), _told(), entered(admin) as server:
        run(server, role_statements(kept, None))
        for kind in TEMPLATE_KINDS:
            one = template(storage, kind)
            run(server, (f'ALTER DATABASE "{one.name}" OWNER TO CURRENT_USER',))
            with entered(admin, one.name) as inside:
                run(inside, (f'REASSIGN OWNED BY "{one.owner}" TO "{kept}"',))
                # One after the other: PostgreSQL 15 stumbles over a default right of both.
                run(inside, (f'DROP OWNED BY "{one.service}"', f'DROP OWNED BY "{one.owner}"'))


def _kept(mark: str) -> str:
    return f"{mark}_kept"


def templates_remove(storage: Storage) -> None:
    """Remove template databases and every role of theirs; a stop waits."""
    with shielded():
        remove(storage, [template(storage, kind) for kind in TEMPLATE_KINDS])
        with suppress(CannotMakeError, OSError), entered(storage.services.admin) as server:
            run(server, (f'DROP ROLE IF EXISTS "{_kept(storage.mark)}"',))


def template(storage: Storage, kind: str) -> Database:
    """Return the template database of a kind: node a's stand for all nodes."""
    return storage.database("node-a" if kind in {"packages", "issuing"} else kind, kind)


def templates_make(storage: Storage, wanted: Sequence[Wanted]) -> None:
    """Make the empty template databases; raise CliError.

    A stop waits: the server would go on making a database whose roles are being removed.
    """
    with shielded(), _told():
        databases_make(storage.services.admin, wanted)


def copies_make(storage: Storage, templates: str, wanted: Sequence[tuple[str, Wanted]]) -> None:
    """Copy the templates into databases of this federation; raise CliError."""
    source = Storage(services=storage.services, mark=templates, is_template=True)
    with _told(), ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(_copy, source, kind, one) for kind, one in wanted]:
            done.result()


def _copy(source: Storage, kind: str, wanted: Wanted) -> None:
    made, given = wanted.database, template(source, kind)
    admin = source.services.admin
    with entered(admin) as server:
        run(server, role_lines(wanted))
        run(server, (create_statement(made, given.name),))
        run(server, server_statements(made))
    with entered(admin, made.name) as inside:
        run(inside, (f'REASSIGN OWNED BY "{_kept(source.mark)}" TO "{made.owner}"',))
        run(inside, inside_statements(made))


def remove(storage: Storage, databases: Sequence[Database]) -> None:
    """Remove databases and roles; what cannot be reached any more stays, and a stop waits."""
    with (
        shielded(),
        suppress(CannotMakeError, OSError),
        entered(storage.services.admin) as server,
    ):
        for one in databases:
            run(server, drop_statements(one))


def keys_remove(storage: Storage) -> None:
    """Remove this federation's keys from Redis, where it is still there."""

    def forget(client: "redis.Redis") -> None:
        for key in client.scan_iter(match=f"{storage.mark}:*", count=1000):
            client.unlink(key)

    with suppress(CliError):
        _redis(storage.services, forget)


def _redis(services: Services, act: Callable[["redis.Redis"], Any]) -> None:
    path = services.redis_password_file
    try:
        with redis.Redis(
            host=services.redis_host,
            port=services.redis_port,
            password=None if path is None else path.read_text("utf-8").strip(),
            socket_connect_timeout=_REDIS_SECONDS,
            socket_timeout=_REDIS_SECONDS,
        ) as client:
            act(client)
    except (redis.RedisError, OSError, ValueError):
        raise CliError("Redis does not let us in; check the services file.") from None


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except CannotMakeError as error:
        raise CliError(str(error)) from None


def mark_keep(folder: Path, storage: Storage) -> None:
    """Note in a data folder which databases are its own."""
    write_private(folder / "storage.json", json.dumps({"mark": storage.mark}))


def mark_kept(folder: Path) -> str | None:
    """Return the mark of the databases that a data folder has, or None for SQLite."""
    path = folder / "storage.json"
    if not path.is_file():
        return None
    mark: str = json.loads(path.read_text("utf-8"))["mark"]
    return mark
