"""Where a test's services keep their data: files, or the servers of DREMPEL_TEST_SERVICES."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from cli.embedded.services_file import Services, services_read
from cli.embedded.storage import Storage, copies_make, keys_remove, mark_make, remove
from cli.embedded.templates import templates_on
from tests import services

FILES = {
    ("portal", ""): "portal.sqlite3",
    ("relay", ""): "relay.sqlite3",
    ("node", ""): "packages.sqlite3",
    ("node", "issuing_"): "issuing.sqlite3",
}


def lent() -> Services | None:
    """Return the servers that this run was given, or None: everything in files."""
    path = services.named()
    return None if path is None else services_read(path)


def lend() -> Storage | None:
    """Return names for one house's databases, or None for files."""
    found = lent()
    return None if found is None else Storage(services=found, mark=mark_make("drempel_h"))


def databases_make(storage: Storage, owners: Sequence[tuple[str, Path]]) -> Callable[[], None]:
    """Make the databases of services in their folders; return what takes them away."""
    wanted = [one for service, own in owners for one in storage.wanted(service, own)]
    with templates_on(storage.services) as mark:
        copies_make(storage, mark, wanted)

    def leave() -> None:
        keys_remove(storage)
        remove(storage, [one.database for _, one in wanted])

    return leave


def ask(own: Path, statement: str, *values: object, before: str = "") -> tuple[list[Any], int]:
    """Run a statement in the database of the service in ``own``; return rows and their number.

    ``before`` is ``issuing_`` for a node's other database. Values stand for ``?``.
    """
    members = json.loads((own / "service.json").read_text("utf-8"))
    if "database_host" in members:
        return _ask_server(members, before, statement, values)
    with (
        closing(
            sqlite3.connect(own / FILES[members["role"], before], timeout=30)
        ) as connection,
        connection,
    ):
        cursor = connection.execute(statement, values)
        return cursor.fetchall(), cursor.rowcount


def _ask_server(
    members: dict[str, Any], before: str, statement: str, values: tuple[object, ...]
) -> tuple[list[Any], int]:
    password = Path(members[f"{before}database_password_file"]).read_text("ascii")
    with psycopg.connect(
        host=members["database_host"],
        port=members["database_port"],
        dbname=members[f"{before}database_name"],
        user=members[f"{before}database_user"],
        password=password,
    ) as connection:
        asked = statement.replace("?", "%s").encode()
        cursor = connection.execute(asked, values or None)
        rows = cursor.fetchall() if cursor.description else []
        return [tuple(_plain(one) for one in row) for row in rows], cursor.rowcount


def _plain(value: object) -> object:
    """Return a value as SQLite gives it: octets as bytes, JSON as text."""
    if isinstance(value, memoryview):
        return bytes(value)
    return json.dumps(value) if isinstance(value, dict | list) else value
